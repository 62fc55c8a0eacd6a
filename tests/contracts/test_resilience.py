"""The remote path when the other side is away, slow, or talks nonsense."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from structlog.testing import capture_logs

from seamline import topology
from seamline.calls import call
from seamline.calls.retry_budget import RetryBudget
from seamline.configuration.policies import CallPolicy
from seamline.contract import AvailabilityError, DeadlineExceeded, Rejected, Unavailable, Unexpected
from tests.contracts.probe import MODULE, Probe
from tests.waiting import PATIENCE, unhurried

POLICY = CallPolicy()


def tune_calls(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Have the peers that are met from now on called by another policy."""
    monkeypatch.setattr(settings, "CALLS", replace(settings.CALLS, **changes))


@contextmanager
def served_by(answer: Callable[[socket.socket], None]) -> Iterator[list[float]]:
    """Route the probe to a socket that does `answer` with each connection; gives when each came."""
    came: list[float] = []
    before = topology.current()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                came.append(time.monotonic())
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        topology.use(topology.Topology(before.here, {MODULE: f"http://127.0.0.1:{server.getsockname()[1]}"}))
        try:
            yield came
        finally:
            topology.use(before)


def hang_up(connection: socket.socket) -> None:
    connection.close()


def say_nothing(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def talk_nonsense(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello")
    connection.close()


def answer_garbage(connection: socket.socket) -> None:
    while connection.recv(65536):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n{nope")


def never_end(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    with suppress(OSError):
        while True:
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def never_begin(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    with suppress(OSError):
        while True:
            connection.sendall(b"X: " + b"x" * 1000 + b"\r\n")


@pytest.mark.parametrize("answer", [never_begin, never_end])
def test_an_answer_without_an_end_is_not_read_to_its_end(answer: Callable[[socket.socket], None]) -> None:
    with served_by(answer) as came, pytest.raises(Unexpected):
        call(Probe, timeout=30).text("hello")
    assert len(came) == 1


def answering(*heads: bytes) -> Callable[[socket.socket], None]:
    """Answer each request with all of these at once."""
    body = b"Content-Type: application/json\r\nContent-Length: 7\r\n\r\n"

    def answer(connection: socket.socket) -> None:
        while connection.recv(65536):
            connection.sendall(
                b"".join(head if b"\r\n\r\n" in head else head + body + b'"%05d"' % n for n, head in enumerate(heads))
            )

    return answer


def test_what_comes_before_an_answer_is_none() -> None:
    with served_by(answering(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", b"HTTP/1.1 200 OK\r\n")) as came:
        assert [call(Probe).text("hello") for _ in range(2)] == ["00001"] * 2
    assert len(came) == 1


def test_a_second_answer_is_nobodys() -> None:
    with served_by(answering(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n")) as came:
        assert [call(Probe).text("hello") for _ in range(2)] == ["00000"] * 2
    assert len(came) == 2


def test_a_status_that_is_none_is_no_answer() -> None:
    with served_by(answering(b"HTTP/1.1 299 Odd\r\n")), pytest.raises(Unavailable):
        call(Probe).text("hello")


@pytest.mark.parametrize("answer", [hang_up, talk_nonsense])
def test_a_broken_answer_is_tried_again_and_then_unavailable(answer: Callable[[socket.socket], None]) -> None:
    with served_by(answer) as came, pytest.raises(Unavailable) as away:
        call(Probe).text("hello")
    assert (away.value.module, len(came)) == (MODULE, POLICY.max_attempts)


def test_garbage_is_unexpected_and_not_an_error_of_the_decoder() -> None:
    with served_by(answer_garbage), pytest.raises(Unexpected):
        call(Probe).text("hello")


def test_silence_ends_at_the_deadline() -> None:
    started, began = time.monotonic(), unhurried()
    with served_by(say_nothing), pytest.raises(DeadlineExceeded):
        call(Probe, timeout=0.6).text("hello")
    assert time.monotonic() - started > 0.5
    assert unhurried() - began < 2


def test_a_target_that_keeps_failing_is_left_alone_and_then_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tune_calls(monkeypatch, reset_timeout=0.3)
    with served_by(hang_up) as came:
        for _ in range(POLICY.failure_threshold):
            with pytest.raises(AvailabilityError):
                call(Probe).text("hello")
        asked = len(came)
        with pytest.raises(Rejected):
            call(Probe).text("hello")
        assert len(came) == asked
        deadline = unhurried() + PATIENCE
        while len(came) == asked and unhurried() < deadline:
            with pytest.raises(AvailabilityError):
                call(Probe).text("hello")
        assert len(came) == asked + 1
        with pytest.raises(Rejected):
            call(Probe).text("hello")


def test_impatient_callers_do_not_make_a_target_look_broken() -> None:
    with served_by(say_nothing):
        for _ in range(POLICY.failure_threshold + 2):
            with pytest.raises(DeadlineExceeded):
                call(Probe, timeout=0.02).text("hello")


def test_impatient_callers_do_not_make_a_broken_target_look_well() -> None:
    with served_by(say_nothing):
        for _ in range(POLICY.failure_threshold):
            for timeout in (0.05, POLICY.min_deadline + 0.1):
                with pytest.raises(DeadlineExceeded):
                    call(Probe, timeout=timeout).text("hello")
        with pytest.raises(Rejected):
            call(Probe).text("hello")


def test_where_most_calls_fail_none_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tune_calls(monkeypatch, failure_threshold=100)
    with served_by(hang_up) as came:
        for _ in range(10):
            with pytest.raises(Unavailable):
                call(Probe).text("hello")
    repeated = len(came) - 10
    assert 0 < repeated < 2 * 10 / 2


def test_a_budget_that_was_spent_is_earned_again() -> None:
    budget = RetryBudget(POLICY.max_tokens, POLICY.token_ratio)
    for _ in range(20):
        budget.record_failure()
    assert budget.is_exhausted()
    for _ in range(51):
        budget.record_success()
    assert not budget.is_exhausted()


def test_a_target_with_all_slots_taken_refuses_at_once() -> None:
    with served_by(say_nothing), ThreadPoolExecutor(POLICY.max_concurrent_calls + 1) as pool:
        calls = [pool.submit(call(Probe, timeout=1.5).text, "hello") for _ in range(POLICY.max_concurrent_calls + 1)]
        errors = [type(made.exception()) for made in calls]
    assert sorted(error.__name__ for error in errors) == ["DeadlineExceeded"] * POLICY.max_concurrent_calls + [
        "Rejected"
    ]


def test_a_module_that_nobody_serves_is_unavailable() -> None:
    before = topology.current()
    topology.use(topology.Topology(frozenset()))
    try:
        with pytest.raises(Unavailable):
            call(Probe).text("hello")
    finally:
        topology.use(before)


def test_calls_to_one_target_go_side_by_side(probe_url: str) -> None:
    before = topology.current()
    topology.use(topology.Topology(before.here, {MODULE: probe_url}))
    try:
        call(Probe).sleep(0)
        started = unhurried()
        with ThreadPoolExecutor(4) as callers:
            list(callers.map(lambda _: call(Probe).sleep(0.5), range(4)))
        assert unhurried() - started < 1.5
    finally:
        topology.use(before)


def test_a_key_that_could_not_be_sent_is_refused_before_the_call() -> None:
    with pytest.raises(ValueError, match="key"):
        call(Probe, key="with a space")


def refuse_the_version(connection: socket.socket) -> None:
    body = (
        b'{"type":"about:blank","title":"Bad Request","status":400,"code":"contracts.versions_do_not_meet",'
        b'"detail":"wire version \'1\' is not understood here, but 2","request_id":"-"}'
    )
    head = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n"
    while connection.recv(65536):
        connection.sendall(head % len(body) + body)


def test_a_target_of_a_version_that_cannot_be_met_is_away_and_the_log_says_why() -> None:
    with capture_logs() as logs, served_by(refuse_the_version), pytest.raises(Unavailable):
        call(Probe).text("hello")
    [said] = [entry for entry in logs if entry["event"] == "versions_do_not_meet"]
    assert "is not understood here, but 2" in said["error"]
