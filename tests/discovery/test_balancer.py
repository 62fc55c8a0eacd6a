"""Which instance gets a request, and what becomes of one that fails."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from seamline.discovery import balancer
from seamline.discovery.balancer import FAILURE_THRESHOLD, Balancer
from seamline.transport.http_pool import NO_RESPONSE, ConnectFailed, ConnectionPool, TimedOut

OK, BROKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno"


class Server:
    """Answers each request with the same, hangs up, or keeps silent."""

    def __init__(self) -> None:
        self.answer: bytes | None = OK
        self.requests = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while _receive(connection):
                self.requests += 1
                if self.answer == b"":
                    return
                if self.answer:
                    connection.sendall(self.answer)


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    with ExitStack() as stack:
        made = [Server() for _ in range(3)]
        for server in made:
            stack.callback(server.close)
        yield made


def over(*servers: Server, addresses: list[str] | None = None) -> Balancer:
    known = addresses if addresses is not None else [server.url for server in servers]
    return Balancer("depots", lambda: tuple(known), lambda url: ConnectionPool(url, 1, 4), hurry=0.05)


def ask(made: Balancer, timeout: float = 5) -> int:
    return made.get("/", (), timeout, 1000).status


def test_the_least_busy_one_is_asked(servers: list[Server]) -> None:
    made = over(*servers)
    held = [made.send("GET", "/", (), (b"",), 5) for _ in range(6)]
    asked = Counter(exchange._connection.getpeername()[1] for exchange in held if exchange._connection)
    assert asked == {int(server.url.rpartition(":")[2]): 2 for server in servers}
    for exchange in held:
        exchange.close()


def test_one_that_takes_no_connection_costs_nothing(servers: list[Server]) -> None:
    dead, alive, _ = servers
    dead.close()
    made = over(dead, alive)
    assert [ask(made) for _ in range(20)] == [200] * 20
    assert made.can_fail_over()


def test_after_a_failure_the_repeat_goes_elsewhere(servers: list[Server]) -> None:
    broken, alive, _ = servers
    broken.answer = b""
    made = over(broken, alive)
    outcomes = []
    for _ in range(10):
        try:
            outcomes.append(ask(made))
        except NO_RESPONSE:
            outcomes.append(0)
            assert made.can_fail_over() and ask(made) == 200
    assert outcomes.count(0) <= 1 and broken.requests <= 1


def test_an_outlier_is_left_out_for_longer_each_time_and_never_all(
    servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(balancer, "AVOID_SECONDS", 0.0)
    broken, alive, _ = servers
    broken.answer = BROKEN
    made = over(broken, alive)
    statuses = Counter(ask(made) for _ in range(100))
    assert statuses[503] == broken.requests == FAILURE_THRESHOLD
    for pause in (1, 2, 4):
        now += pause - 0.1
        asked = broken.requests
        assert {ask(made) for _ in range(20)} == {200}
        now += 0.2
        assert 503 in {ask(made) for _ in range(20)}
        assert broken.requests == asked + 1, "one request shows that it is no better"
    alive.answer = BROKEN
    for _ in range(100):
        assert ask(made) == 503
    assert alive.requests > 10, "somebody is asked, though both are out"
    broken.answer = alive.answer = OK
    now += 60
    assert {ask(made) for _ in range(30)} == {200}


def test_an_answer_that_was_hurried_says_nothing(servers: list[Server]) -> None:
    slow, *_ = servers
    slow.answer = None
    made = over(slow)
    for _ in range(FAILURE_THRESHOLD):
        with pytest.raises(TimedOut):
            ask(made, timeout=0.01)
    assert made.can_fail_over()
    with pytest.raises(TimedOut):
        ask(made, timeout=0.06)
    assert not made.can_fail_over()


def test_who_is_known_may_change(servers: list[Server]) -> None:
    one, two, _ = servers
    addresses: list[str] = []
    made = over(addresses=addresses)
    with pytest.raises(ConnectFailed, match="no instance of depots is known"):
        ask(made)
    addresses.append(one.url)
    assert ask(made) == 200 and one.requests == 1
    addresses[:] = [two.url]
    assert ask(made) == 200 and (one.requests, two.requests) == (1, 1)
