"""The divergence catalogue: how local and remote calls differ elsewhere, each asserted alike in both modes."""

import contextvars
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seamline import context, topology
from seamline.calls import TransactionOpen, call, wire
from seamline.context import Context, entered
from seamline.contract import DeadlineExceeded, InvalidArguments, KeyReused, Unavailable, Unexpected
from seamline.databases import transaction
from tests.contracts.probe import MODULE, Colour, Everything, Probe, Refused
from tests.waiting import unhurried

pytestmark = [pytest.mark.django_db(databases=[MODULE], transaction=True), pytest.mark.usefixtures("mode")]

EVERYTHING = Everything(
    text="ein Wörtchen \N{SNOWMAN}",
    number=2**62 + 1,
    ratio=0.1 + 0.2,
    exact=Decimal("10.10"),
    raw=b"\x00\xff",
    flag=True,
    colour=Colour.BLUE,
    when=datetime(2026, 3, 29, 1, 59, 59, 999999, tzinfo=timezone(timedelta(hours=2))),
    pause=timedelta(days=1, microseconds=1),
    maybe=None,
    lines=(1, 2, 3),
    tags=frozenset({"a", "b"}),
)


def test_every_kind_of_value_arrives_as_it_left() -> None:
    assert call(Probe).echo(EVERYTHING) == EVERYTHING


def test_what_arrives_is_a_copy() -> None:
    assert call(Probe).echo(EVERYTHING) is not EVERYTHING


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
def test_any_text_that_can_be_encoded_arrives_and_no_other_is_sent(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        with pytest.raises(InvalidArguments):
            call(Probe).text(text)
    else:
        assert call(Probe).text(text) == text


def test_a_str_of_another_class_arrives_as_a_plain_one() -> None:
    assert type(call(Probe).text(Colour.RED)) is str


@pytest.mark.parametrize("quantity", [0, 10_001, "2", 1.5, None, True])
def test_an_argument_that_does_not_fit_is_refused(quantity: object) -> None:
    with pytest.raises(InvalidArguments):
        call(Probe).quantity(quantity)  # type: ignore[arg-type]


def test_a_naive_datetime_is_refused() -> None:
    fields = {name: getattr(EVERYTHING, name) for name in Everything.__struct_fields__}
    with pytest.raises(InvalidArguments):
        call(Probe).echo(Everything(**fields | {"when": datetime(2026, 1, 1)}))


def test_too_many_or_unknown_arguments_are_a_type_error_as_in_any_call() -> None:
    with pytest.raises(TypeError):
        call(Probe).text("a", "b")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        call(Probe).text(word="a")  # type: ignore[call-arg]


def test_a_declared_error_is_caught_as_its_own_class_with_its_fields_and_without_its_cause() -> None:
    with pytest.raises(Refused) as refused:
        call(Probe).refuse("no", EVERYTHING)
    error = refused.value
    assert (error.what, error.how_often, error.detail_) == ("no", 3, EVERYTHING)
    assert (error.__cause__, error.__context__) == (None, None)


def test_an_undeclared_failure_is_unexpected_and_tells_nothing_of_its_cause() -> None:
    with pytest.raises(Unexpected) as failed:
        call(Probe).blow_up("hunter2")
    assert failed.value.operation == f"{MODULE}.probe/v1/blow_up"
    assert "hunter2" not in str(failed.value)


def test_an_undeclared_contract_error_is_unexpected_too() -> None:
    with pytest.raises(Unexpected):
        call(Probe).raise_undeclared()


def test_an_answer_of_another_type_than_promised_is_unexpected() -> None:
    with pytest.raises(Unexpected):
        call(Probe).lie()


def test_a_huge_payload_arrives_whole() -> None:
    text = "x" * 3_000_000
    assert call(Probe).text(text) == text


def test_a_payload_over_the_limit_is_refused() -> None:
    with pytest.raises(InvalidArguments):
        call(Probe).text("x" * 5_000_000)


def test_an_answer_over_the_limit_is_unexpected() -> None:
    quotes = 2
    assert len(call(Probe).long(wire.MAX_RESULT_BYTES - quotes)) == wire.MAX_RESULT_BYTES - quotes
    with pytest.raises(Unexpected):
        call(Probe).long(wire.MAX_RESULT_BYTES)


def test_a_call_with_no_time_left_fails_at_once() -> None:
    with entered(Context(deadline=time.monotonic() - 0.001)), pytest.raises(DeadlineExceeded):
        call(Probe).text("late")


def test_the_callee_knows_how_much_time_is_left() -> None:
    with entered(Context(deadline=time.monotonic() + 1.5)):
        assert 0 < call(Probe).remaining() <= 1.5


def test_an_answer_that_comes_too_late_is_no_answer() -> None:
    with pytest.raises(DeadlineExceeded):
        call(Probe, timeout=0.2).sleep(0.4)


def test_request_trace_and_user_go_along_and_the_callee_is_itself() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    asker = Context(request_id="abcdef123456", traceparent=trace, actor=str(uuid.UUID(int=7)), module="notes")
    with entered(asker):
        assert call(Probe).context() == ("abcdef123456", trace, str(uuid.UUID(int=7)), MODULE)
        assert context.current() == asker


def test_context_variables_of_the_caller_stay_with_the_caller() -> None:
    contextvars.ContextVar[str]("leak").set("seen")
    assert call(Probe).thread_local() is None


def test_a_command_inside_a_transaction_is_refused_naming_the_place() -> None:
    with transaction(MODULE), pytest.raises(TransactionOpen, match=r"test_parity\.py:\d+"):
        call(Probe).touch()


def test_a_query_inside_a_transaction_is_allowed() -> None:
    with transaction(MODULE):
        assert call(Probe).text("read") == "read"


def test_a_command_repeated_under_its_key_has_one_effect_and_one_answer() -> None:
    key = uuid.uuid4().hex
    first = call(Probe, key=key).count(1)
    assert call(Probe, key=key).count(1) == first
    assert call(Probe).count(1) == first + 1


def test_a_key_with_other_arguments_is_an_error() -> None:
    key = uuid.uuid4().hex
    call(Probe, key=key).count(1)
    with pytest.raises(KeyReused):
        call(Probe, key=key).count(2)


def test_a_refused_command_leaves_no_trace_of_its_key() -> None:
    key = uuid.uuid4().hex
    for _ in range(2):
        with pytest.raises(Refused):
            call(Probe, key=key).count(0)


def test_of_two_commands_at_once_under_one_key_one_executes() -> None:
    from django.db import connections

    key, gate = uuid.uuid4().hex, threading.Barrier(4)

    def send(_: int) -> int:
        try:
            gate.wait(5)
            return call(Probe, key=key).count(1)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send, range(4)))) == 1
    assert call(Probe).count(1) == call(Probe, key=key).count(1) + 1


def test_a_module_that_is_called_back_answers() -> None:
    assert call(Probe).call_back(5) == 5


def test_a_cycle_without_an_end_ends_at_the_deadline_of_its_first_call() -> None:
    started = unhurried()
    with pytest.raises(DeadlineExceeded):
        call(Probe, timeout=0.7).call_back(10_000)
    assert unhurried() - started < 2


def test_a_generator_is_no_value() -> None:
    with pytest.raises(Unexpected):
        call(Probe).stream()
    with pytest.raises(InvalidArguments):
        call(Probe).text(letter for letter in "abc")  # type: ignore[arg-type]


def test_nothing_is_written_any_more_for_a_caller_who_has_gone() -> None:
    before = call(Probe).written()
    with pytest.raises(DeadlineExceeded):
        call(Probe, timeout=0.2).write_after(0.4)
    time.sleep(0.4)
    assert call(Probe).written() == before
    call(Probe).write_after(0)
    assert call(Probe).written() == before + 1


def test_the_last_answer_stands_in_where_the_contract_allows_it() -> None:
    said = call(Probe).rumour("tea")
    here = topology.current()
    topology.use(topology.Topology(frozenset()))
    try:
        assert call(Probe).rumour("tea") == said
        with pytest.raises(Unavailable):
            call(Probe).rumour("coffee")
        with pytest.raises(Unavailable):
            call(Probe).text("tea")
    finally:
        topology.use(here)


def test_it_is_now() -> None:
    now = datetime.now(UTC)
    fields = {name: getattr(EVERYTHING, name) for name in Everything.__struct_fields__}
    assert call(Probe).echo(Everything(**fields | {"when": now})).when == now
