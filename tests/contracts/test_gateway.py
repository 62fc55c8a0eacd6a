"""The gateway while the service that it passes requests on to is hung, dead, or merely unwell."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from seamline.calls import client
from seamline.context import Context, entered
from seamline.http import gateway
from seamline.http.gateway import Gateway
from tests.contracts.probe import MODULE
from tests.contracts.test_resilience import hang_up, served_by


def view() -> None: ...


view.__module__ = f"modules.{MODULE}.api"


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(gateway, "PATIENCE", 0.2)
    monkeypatch.setattr(client, "RESET_TIMEOUT", 0.3)
    yield


def ask(seconds: float = 5.0) -> tuple[int, str, float]:
    """Status and code of what the gateway answers, and how long it took."""
    started = time.monotonic()
    with entered(Context(deadline=started + seconds)):
        response = Gateway(lambda _: HttpResponse()).process_view(RequestFactory().get("/things"), view)
    assert response is not None
    content = b"".join(response)
    response.close()
    code = json.loads(content or b"{}").get("code", "")
    if response.status_code == 503:
        assert response["Retry-After"]
    return response.status_code, code, time.monotonic() - started


def hang(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def saying(status: str, after: float = 0.0) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        while connection.recv(65536):
            time.sleep(after)
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    return answer


def test_a_hung_service_holds_no_more_requests_than_it_has_slots() -> None:
    with served_by(hang) as came, ThreadPoolExecutor(8) as askers:
        answers = list(askers.map(lambda _: ask(1.0), range(8)))
        assert len(came) == gateway.SLOTS
    assert sorted(code for _, code, _ in answers) == ["call.deadline_exceeded"] * 2 + ["call.rejected"] * 6
    assert all(took < 0.6 for _, code, took in answers if code == "call.rejected")


def test_while_its_slots_are_stuck_the_next_is_refused_at_once() -> None:
    with served_by(hang), ThreadPoolExecutor(8) as askers:
        hung = [askers.submit(ask, 2.0) for _ in range(gateway.SLOTS + 1)]
        time.sleep(0.5)
        assert [ask()[1], ask()[2] < 0.1] == ["call.rejected", True]
        assert {answer.result()[0] for answer in hung} == {503}


def test_a_burst_waits_for_its_turn() -> None:
    with served_by(saying("204 No Content", after=0.02)), ThreadPoolExecutor(8) as askers:
        assert {status for status, _, _ in askers.map(lambda _: ask(), range(8))} == {204}


def test_a_dead_service_is_left_alone_and_then_tried_again() -> None:
    with served_by(hang_up) as came:
        assert {ask()[1] for _ in range(client.FAILURE_THRESHOLD)} == {"call.unavailable"}
        assert (ask()[1], len(came)) == ("call.rejected", client.FAILURE_THRESHOLD)
        time.sleep(0.4)
        assert (ask()[1], len(came)) == ("call.unavailable", client.FAILURE_THRESHOLD + 1)


def test_an_answer_is_no_failure_whatever_it_says() -> None:
    with served_by(saying("500 Oh No")):
        assert {ask()[0] for _ in range(client.FAILURE_THRESHOLD + 2)} == {500}
