"""A service is held to its contract: as it was written nothing is found, and whatever breaks it is named."""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from click.testing import CliRunner, Result
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from contracts.notifications import Notification
from extraction.cli import main
from extraction.conformance import environment
from extraction.conformance.arguments import Maker
from extraction.conformance.equivalence import Equivalence
from extraction.conformance.pool import Pool
from extraction.processes import vendored
from extraction.processes.errors import Refused
from extraction.reading.project import Project
from extraction.writing import plan
from seamline import demo
from seamline.contract import AwareDatetime, Operation
from seamline.module import active
from tests.contracts.probe import Probe
from tests.extraction.miniature import Monolith
from tests.processes import REPOSITORY

LAMPS = Path(__file__).with_name("lamps")
OPERATIONS = ["is_free", "lamp", "lent_out", "maker", "make", "name_of", "names", "number", "rename", "total_watts"]
FOLDERS = ("requirements", "src/config", "src/seamline")
CONTRACT, MODULE, RUNTIME = "contracts/lamps.py", "src/modules/lamps", "src/seamline/calls"
BREAKS = [
    (CONTRACT, "category=Category.NOT_FOUND", "category=Category.INVALID"),
    (CONTRACT, "    @query(raises=(UnknownLamp,))\n    def name_of", "    def _name_of"),
    (CONTRACT, "    town: str\n", ""),
    (f"{MODULE}/queries.py", 'Maker("Ada", "London")', 'Maker("Ada")'),
    (f"{MODULE}/queries.py", 'values_list("name"', 'values_list("watts"'),
    (f"{MODULE}/queries.py", "objects.count()", "objects.count() + 1"),
    (f"{MODULE}/queries.py", 'return models.Lamp.objects.aggregate(total=Sum("watts"', "raise TooBright(total=Sum(0"),
    (f"{MODULE}/queries.py", "return not loans.exists()", "return True"),
    (f"{MODULE}/queries.py", "period__overlap=(since, until)", "period__contained_by=(since, until)"),
    (f"{MODULE}/service.py", "publish(LampRenamed(lamp_id, name))", "publish(LampRenamed(lamp_id, name.lower()))"),
    (f"{MODULE}/handlers.py", "service.give_up(event.lamp_id)", "pass"),
    (f"{MODULE}/urls.py", ', path("lamps/<uuid:lamp_id>", api.LampView.as_view())', ""),
    (f"{RUNTIME}/idempotency.py", "        if sql.rowcount == 1:\n", "        if True:\n"),
    (f"{RUNTIME}/server.py", "        if context.deadline <= time.monotonic():", "        if False:"),
    (
        f"{RUNTIME}/endpoint.py",
        "    caller = _authenticate(environ, module)\n",
        '    caller = Caller(service_tokens.Issuer("anybody", frozenset("*")), None, is_shared=True)\n',
    ),
    (f"{RUNTIME}/wire.py", "(msgspec.MsgspecError, UnicodeDecodeError, RecursionError)", "ZeroDivisionError"),
]
"""Ways to break the service, each in one line: its file, what stands there, and what does then."""
NAMED = [
    "lamp: raises lamps.unknown_lamp with status 422, not 404",
    "rename: raises lamps.unknown_lamp with status 422, not 404",
    "name_of: is not served",
    "maker: answers with another type: Object missing required field `town`",
    "names: answers with another type: Expected `str`, got `int` - at `$[0]`",
    "number: answers another value: $ is ",
    "total_watts: fails, or raises what its contract does not declare (call.unexpected)",
    "is_free: answers another value: $ is true, and in the monolith false",
    "lent_out: answers another value: $ is ",
    "rename: publishes something else: $events[0].event.name is ",
    "repairs.LampBroken.v1: publishes something else: $events is [], and in the monolith [{",
    "make: answers a repeat with ",
    "make: answers … with the key of another call, and should raise call.key_reused",
    "number: answers 200 when no time is left for it, and should raise call.deadline_exceeded",
    "number: answers 200 to a call with none for a service token, and should 401 with problem details",
    "number: answers 500 call.unexpected to a call without a body, and should 422 with problem details",
    "GET /api/v1/lamps/{lamp_id}: is not among the addresses in its OpenAPI document",
]


SOMEBODYS = """\
CELERY_BROKER_URL=redis://127.0.0.1:9/0
DATABASE_PREFIX=precious
DATABASE_URL=postgresql://precious@127.0.0.1:9/precious
ENVIRONMENT=production
LAMPS_DATABASE_URL=postgresql://precious@127.0.0.1:9/precious
LAMPS_URL=http://127.0.0.1:9
SERVICE_PEERS=precious@http://precious
"""
"""Settings that stand in a folder for its own use, none of which may be touched."""


class Pair:
    """A monolith that has nothing but lamps, and the service that they became."""

    def __init__(self, place: Path) -> None:
        self.monolith, self.service = place / "monolith", place / "lamps-service"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(LAMPS, self.monolith, ignore=ignored)
        for name in FOLDERS:
            shutil.copytree(REPOSITORY / name, self.monolith / name, ignore=ignored)
        for name in {*plan.GENERIC, *plan.ADAPTED}:
            (self.monolith / name).parent.mkdir(exist_ok=True)
            shutil.copy(REPOSITORY / name, self.monolith / name)
        for file in plan.plan(Project.at(self.monolith), "lamps").files:
            path = self.service / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
        # Unpacked beside the module, the runtime can be broken too.
        if wheel := vendored.find_wheel(self.service):
            with zipfile.ZipFile(wheel) as opened:
                opened.extractall(self.service / "src")
            wheel.unlink()
        for folder in (self.monolith, self.service):
            (folder / ".env").write_text(SOMEBODYS)

    def break_it(self, path: str, old: str, new: str) -> None:
        text = (self.service / path).read_text()
        assert text.count(old) == 1, f"{old!r} is not once in {path}"
        (self.service / path).write_text(text.replace(old, new))

    def verify(self, *options: str) -> Result:
        arguments = ["verify", "--root", str(self.monolith), str(self.service), "--no-tests", *options]
        return CliRunner().invoke(main, arguments)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both in one environment, because it takes seconds to set up."""
    made = Pair(tmp_path_factory.mktemp("conformance"))
    projects = Project.at(made.monolith), Project.at(made.service)
    with environment.set_up(*projects, "lamps", print) as shared, pytest.MonkeyPatch.context() as patch:
        patch.setattr(environment, "set_up", lambda *_: nullcontext(shared))
        yield made


@pytest.mark.xdist_group("conformance")
def test_a_written_service_is_what_its_module_is(pair: Pair) -> None:
    done = pair.verify()
    assert done.exit_code == 0, done.output
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.startswith("lamps/")}
    assert set(rows) == {f"lamps/v1/{name}" for name in OPERATIONS}
    assert all(int(answered) > 0 for _, answered, *_ in rows.values())
    constant = {name for name, (_, _, distinct, *_) in rows.items() if int(distinct) == 1}
    assert constant == {"lamps/v1/maker"}
    assert re.search(r"Warnings:\n +lamps/v1/maker: gave one answer to all \d+ calls: \{\"name\":\"Ada\"", done.stdout)
    assert [rows[f"lamps/v1/{name}"][3:] for name in ("lamp", "make")] == [
        ["lamps.unknown_lamp", "-"],
        ["lamps.too_bright", "-"],
    ]
    assert "lamps-service is what lamps is in this monolith" in done.stdout
    assert "Problems:" not in done.stdout
    assert "Notes:" not in done.stdout


@pytest.mark.xdist_group("conformance")
def test_whatever_breaks_a_contract_is_named(pair: Pair) -> None:
    for change in BREAKS:
        pair.break_it(*change)
    done = pair.verify("--json")
    assert done.exit_code == 1, done.output
    report = json.loads(done.stdout)
    found = [f"{each['operation'].removeprefix('lamps/v1/')}: {each['problem']}" for each in report["problems"]]
    missed = [named for named in NAMED if not any(_says(problem, named) for problem in found)]
    assert missed == [], "\n".join(found)


def _says(problem: str, named: str) -> bool:
    """Whether a problem begins as it is named; what stands for … depends on the arguments that were drawn."""
    begin, _, end = named.partition("…")
    return problem.startswith(begin) and end in problem


@pytest.fixture
def one_transaction() -> Iterator[None]:
    """A request closes no connection, as in Django's own test client: all of it is undone at the end, before anybody
    asks whether the made-up orders and users that events are about exist.
    """
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for alias in settings.DATABASES:
        transaction.set_rollback(True, using=alias)
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.django_db(databases="__all__")
def test_the_shop_answers_every_operation_and_handles_every_event(one_transaction: None) -> None:
    from extraction.conformance import reference

    list(demo.load())
    for module in active().values():
        reference.prepare(module)
        report = reference.examination(module, None).run()
        incomplete = [each for each in report.operations if each.unreached or not each.answered]
        assert (incomplete, report.problems, report.notes) == ([], [], [])


def told(made_at: datetime, key: UUID, text: str = "So it is.") -> Notification:
    return Notification(key, "welcome", text, None, made_at)


def test_what_is_made_anew_may_differ_and_then_has_to_stay_the_same() -> None:
    equivalence = Equivalence()
    now, ours, theirs, other = datetime.now(UTC) + timedelta(seconds=1), uuid4(), uuid4(), uuid4()
    assert equivalence.difference(told(now, ours), told(now, theirs)) is None
    assert equivalence.difference(told(now, ours), told(now, theirs)) is None
    assert equivalence.difference(told(now, ours, f"See {ours}"), told(now, theirs, f"See {theirs}")) is None
    assert equivalence.translate(f'{{"id":"{ours}"}}'.encode()) == f'{{"id":"{theirs}"}}'.encode()
    for one, another in ((ours, other), (ours, ours), (other, theirs)):
        assert equivalence.difference(told(now, one), told(now, another)) is not None


def test_what_both_sides_know_may_not_differ() -> None:
    equivalence = Equivalence()
    known, now = uuid4(), datetime.now(UTC) + timedelta(seconds=1)
    equivalence.share({"user_id": str(known)})
    assert "$.id" in str(equivalence.difference(told(now, known), told(now, uuid4())))
    assert "$.id" in str(equivalence.difference(told(now, uuid4()), told(now, known)))
    before = now - timedelta(days=1)
    assert "$.created_at" in str(
        equivalence.difference(told(before, known), told(before + timedelta(seconds=1), known))
    )
    assert equivalence.difference((1, 2), (2, 1)) == "$[0] is 2, and in the monolith 1"
    assert equivalence.difference((1,), (1, 1)) is not None
    assert equivalence.difference(1, True) is not None


@pytest.mark.parametrize("operation", Probe.operations.values(), ids=lambda operation: operation.name)
def test_arguments_are_of_every_type_and_always_the_same(operation: Operation) -> None:
    def made() -> list[Any]:
        pool = Pool()
        pool.add("Text", {"text": "familiar"})
        return [Maker(pool).arguments(operation.arguments) for _ in range(3)]

    assert made() == made()
    for arguments in made():
        msgspec.convert(arguments, operation.arguments)


def drawn(pool: Pool, name: str, kind: Any, times: int = 100) -> set[Any]:
    maker, struct = Maker(pool), msgspec.defstruct("Arguments", [(name, kind)])
    made = [maker.arguments(struct) for _ in range(times)]
    return {arguments[name] for arguments in made if arguments}


def test_times_asked_for_lie_at_those_in_the_data() -> None:
    pool = Pool()
    pool.store("Loan", {"period": DateTimeTZRange(datetime(2031, 5, 10, 9, tzinfo=UTC), None)})
    assert drawn(pool, "day", date) >= {"2031-05-09", "2031-05-10", "2031-05-11"}
    before, at, after = "2031-05-10T08:59:59.999999Z", "2031-05-10T09:00:00Z", "2031-05-10T09:00:00.000001Z"
    assert drawn(pool, "since", AwareDatetime) >= {before, at, after}


def test_everything_in_the_data_gets_its_turn() -> None:
    pool = Pool()
    shelf = [uuid4() for _ in range(20)]
    for book_id in shelf:
        pool.store("Book", {"book_id": book_id})
    for _ in range(20):
        pool.add("Other", {"book_id": uuid4()})
    assert drawn(pool, "book_id", UUID) >= {str(book_id) for book_id in shelf}


def test_what_belongs_together_is_asked_together_and_combined_anew() -> None:
    pool = Pool()
    rows = {(f"room {number}", number) for number in range(5)}
    for room, slot in rows:
        pool.store("Booking", {"room": room, "slot": slot})
    maker, struct = Maker(pool), msgspec.defstruct("Arguments", [("room", str), ("slot", int)])
    made = [maker.arguments(struct) for _ in range(200)]
    asked = {(arguments["room"], arguments["slot"]) for arguments in made if arguments}
    assert asked >= rows
    assert {(room, slot) for room, slot in asked if room in dict(rows) and slot in range(5)} > rows


def test_what_was_done_last_is_asked_about_by_whatever_name() -> None:
    maker, struct = Maker(Pool()), msgspec.defstruct("Arguments", [("user_id", UUID)])
    customer_id = str(uuid4())
    maker.attend_to({"customer_id": customer_id, "lines": [{"sku": "MUG"}]})
    asked = [maker.arguments(struct, newest=True) for _ in range(20)]
    assert {"user_id": customer_id} in asked


def test_a_monolith_that_does_not_get_ready_is_given_up(tmp_path: Path) -> None:
    late = r"\(python -m extraction\.conformance orders\) said nothing within 0 seconds"
    with (
        environment._start_reference(REPOSITORY, "orders", tmp_path, {}) as reference,
        pytest.raises(Refused, match=late),
    ):
        reference.hear(dict[str, str], 0)


@pytest.mark.parametrize(
    ("folder", "told_so"),
    [
        ("..", "is no service that was written by extract"),
        (".", "is the monolith itself"),
        ("../other", "has pencils, and not one of this monolith's"),
    ],
)
def test_what_is_no_service_of_this_monolith_is_refused(folder: str, told_so: str, monolith: Monolith) -> None:
    other = monolith.root.parent / "other"
    for name in ("contracts", "src/config", "src/seamline", "src/modules/pencils"):
        (other / name).mkdir(parents=True)
    (other / "src/modules/pencils/module.py").write_text("")
    done = monolith.run("verify", (monolith.root / folder).resolve())
    assert done.exit_code == 2
    assert told_so in done.output
