"""Who may wait for how long, and with how much, where no thread is involved."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from selectors import DefaultSelector
from types import SimpleNamespace

import pytest

from seamline.runtime.serving import reception as serving
from seamline.runtime.serving.connection import MAX_HEAD_BYTES, Connection
from seamline.runtime.serving.reception import Limits, Reception

HEAD = b"POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n"


class Lobby:
    """A reception, its clients, and a clock that the test turns."""

    def __init__(self, stack: ExitStack, limits: Limits) -> None:
        self.stack = stack
        self.poller = stack.enter_context(DefaultSelector())
        self.arrived: list[Connection] = []
        self.closed: list[Connection] = []
        self.now = 1000.0
        self.reception = Reception(self.poller, limits, self.arrived.append, self.closed.append)

    def client(self, said: bytes = b"") -> socket.socket:
        """Somebody who connects, and may say something."""
        theirs, ours = (self.stack.enter_context(one) for one in socket.socketpair())
        theirs.settimeout(5)
        theirs.sendall(said)
        self.now += 0.001
        self.reception.wait_for_request(Connection(SimpleNamespace(), ours, "", ""))
        return theirs

    def turn(self, later: float = 0) -> None:
        self.now += later
        for key, _ in self.poller.select(0):
            key.data(key.fileobj)
        self.reception.close_expired()


@pytest.fixture
def lobby(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Limits], Lobby]]:
    with ExitStack() as stack:

        def build(limits: Limits) -> Lobby:
            made = Lobby(stack, limits)
            monkeypatch.setattr("time.monotonic", lambda: made.now)
            return made

        yield build


LIMITS = Limits(idle_seconds=60, bytes_each=4096, bytes_in_all=10_000)
ROOMY = Limits(idle_seconds=60, bytes_each=100_000, bytes_in_all=100_000)


def test_a_silent_connection_has_its_time(lobby: Callable[[Limits], Lobby]) -> None:
    here = lobby(LIMITS)
    silent = here.client()
    here.turn(later=59)
    assert not here.closed
    here.turn(later=2)
    assert len(here.closed) == 1
    assert silent.recv(100) == b""


@pytest.mark.parametrize("said", [HEAD[:-4], HEAD, HEAD + b"x" * 999])
def test_a_request_has_to_arrive_in_time_however_often_more_of_it_comes(
    lobby: Callable[[Limits], Lobby], said: bytes
) -> None:
    here = lobby(LIMITS)
    slow = here.client(said[:5])
    for byte in said[5:15]:
        slow.sendall(bytes([byte]))
        here.turn(later=1.4)
        assert not here.closed
    slow.sendall(said[15:])
    here.turn()
    here.turn(later=1.5)
    assert slow.recv(1000).startswith(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n")
    assert not here.arrived


def test_a_request_is_handed_on_when_it_is_whole(lobby: Callable[[Limits], Lobby]) -> None:
    here = lobby(LIMITS)
    client = here.client(HEAD)
    client.sendall(b"x" * 999)
    here.turn()
    assert not here.arrived
    client.sendall(b"x" + b"GET / HTTP/1.1\r\n")
    here.turn()
    [whole] = here.arrived
    assert whole.arrival.is_whole
    assert bytes(whole.ahead).endswith(b"GET / HTTP/1.1\r\n")


def test_a_body_that_is_larger_is_not_waited_for(lobby: Callable[[Limits], Lobby]) -> None:
    here = lobby(LIMITS)
    here.client(b"POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n")
    here.client(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5000\r\n" + b"x" * 4096)
    assert [one.arrival.is_whole for one in here.arrived] == [False, False]
    assert max(len(one.ahead) for one in here.arrived) <= LIMITS.bytes_each


def test_a_head_that_does_not_end_is_refused(lobby: Callable[[Limits], Lobby]) -> None:
    here = lobby(ROOMY)
    endless = here.client(b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_HEAD_BYTES)
    assert endless.recv(1000).startswith(b"HTTP/1.1 431 ")


def test_of_too_much_in_all_the_oldest_is_refused(lobby: Callable[[Limits], Lobby]) -> None:
    here = lobby(LIMITS)
    partial = b"GET / HTTP/1.1\r\nX: " + b"x" * 3000
    first, second, third = (here.client(partial) for _ in range(3))
    here.client()
    fourth = here.client(partial)
    assert first.recv(1000).startswith(b"HTTP/1.1 503 ")
    for kept in (second, third, fourth):
        kept.setblocking(False)
        with pytest.raises(BlockingIOError):
            kept.recv(1)


def test_room_is_made_by_who_never_said_anything(lobby: Callable[[Limits], Lobby]) -> None:
    here = lobby(LIMITS)
    regular = here.client(b"GET / HTTP/1.1\r\n\r\n")
    [served] = here.arrived
    served.parser = SimpleNamespace(unreader=SimpleNamespace(take_buffered=bytes))
    served.sock.ahead.clear()
    here.reception.wait_for_request(served)
    silent, later = here.client(), here.client()
    assert here.reception.make_room() and silent.recv(1) == b""
    assert here.reception.make_room() and later.recv(1) == b""
    assert here.reception.make_room() and regular.recv(1) == b""
    assert not here.reception.make_room()
    assert len(here.closed) == 3


def test_who_does_not_hang_up_is_hung_up_on(lobby: Callable[[Limits], Lobby]) -> None:
    here = lobby(LIMITS)
    clinging = here.client(b"GET / HTTP/1.1\r\n\r\n")
    here.reception.hang_up(here.arrived[0])
    assert clinging.recv(1) == b""
    clinging.sendall(b"more")
    here.turn(later=serving.LINGER_SECONDS - 0.1)
    assert not here.closed
    here.turn(later=0.2)
    assert here.closed == here.arrived
