"""The gateway while the service that it passes requests on to is hung, dead, or merely unwell."""

import json
import socket
import time
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from seamline.calls import call
from seamline.context import Context, entered
from seamline.contract import AvailabilityError, Rejected
from seamline.http.gateway import Gateway
from tests.contracts.probe import MODULE, Probe
from tests.contracts.test_resilience import POLICY, hang_up, served_by, tune_calls


def view() -> None: ...


view.__module__ = f"modules.{MODULE}.api"


@pytest.fixture(autouse=True)
def brief_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    tune_calls(monkeypatch, reset_timeout=0.3)


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


def saying(status: str, after: float = 0.0) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        while connection.recv(65536):
            time.sleep(after)
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    return answer


def test_a_dead_service_is_left_alone_and_then_tried_again() -> None:
    with served_by(hang_up) as came:
        assert {ask()[1] for _ in range(POLICY.failure_threshold)} == {"call.unavailable"}
        assert (ask()[1], len(came)) == ("call.rejected", POLICY.failure_threshold)
        time.sleep(0.4)
        assert (ask()[1], len(came)) == ("call.unavailable", POLICY.failure_threshold + 1)


def test_an_answer_is_no_failure_whatever_it_says() -> None:
    with served_by(saying("500 Oh No")):
        assert {ask()[0] for _ in range(POLICY.failure_threshold + 2)} == {500}


def test_the_gateway_leaves_alone_what_contract_calls_found_dead() -> None:
    with served_by(hang_up) as came:
        for _ in range(POLICY.failure_threshold):
            with pytest.raises(AvailabilityError):
                call(Probe).text("hello")
        asked = len(came)
        assert (ask()[1], len(came)) == ("call.rejected", asked)


def test_contract_calls_leave_alone_what_the_gateway_found_dead() -> None:
    with served_by(hang_up) as came:
        assert {ask()[1] for _ in range(POLICY.failure_threshold)} == {"call.unavailable"}
        with pytest.raises(Rejected):
            call(Probe).text("hello")
        assert len(came) == POLICY.failure_threshold
