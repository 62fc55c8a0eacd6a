"""What the server does with those who are slow, and with those who do not let go."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from gunicorn.http.errors import NoMoreData

from config import worker
from kernel.http import gateway
from tests.processes import Deployable, Yard
from tests.waiting import unhurried


@pytest.fixture(scope="module")
def served(the_yard: Yard) -> Iterator[Deployable]:
    with the_yard.deployable("worker", WEB_THREADS="2") as deployable:
        yield deployable.start()
        deployable.stop()


def test_a_request_has_to_arrive_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "READ_WITHIN", 0.4)
    ours, theirs = socket.socketpair()
    with ours, worker._Impatient(fileno=theirs.detach()) as patient:
        patient.setblocking(True)
        started = time.monotonic()
        with pytest.raises(NoMoreData):
            while True:
                ours.send(b"x")
                time.sleep(0.1)
                patient.recv(1)
                patient.recv(1) if time.monotonic() - started > 0.3 else None
        assert 0.3 < time.monotonic() - started < 2

        patient.setblocking(True)
        ours.send(b"y")
        assert patient.recv(1) == b"y"
        assert patient.gettimeout() is None, "answers may take their time"


def test_who_does_not_hang_up_keeps_nobody_waiting(served: Deployable) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as clinging:
        clinging.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert clinging.recv(65536).startswith(b"HTTP/1.1 200")
        time.sleep(0.2)
        started = unhurried()
        served.client.page("/health/live").expect(200)
        assert unhurried() - started < 1


def test_a_hung_service_leaves_threads_for_the_rest(the_yard: Yard) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as hung:
        address = f"http://127.0.0.1:{hung.getsockname()[1]}"
        with the_yard.deployable("hung", CATALOG_URL=address) as monolith, ThreadPoolExecutor(8) as askers:
            monolith.launch().until_ready()
            asking = [askers.submit(monolith.client.get, "/products") for _ in range(8)]
            time.sleep(2.5)
            started = unhurried()
            monolith.client.get("/stock/TEAPOT").expect(200)
            assert unhurried() - started < gateway.PATIENCE
            started = unhurried()
            refused = monolith.client.get("/products")
            refused.refused(503, "call.rejected")
            assert refused.headers["Retry-After"]
            assert unhurried() - started < gateway.PATIENCE
            assert {answer.result().status for answer in asking} == {503}
