"""A connection, and what has come on it that nobody has read yet."""

import socket
import time
from typing import Any

from gunicorn.http import errors
from gunicorn.workers.gthread import TConn

from seamline.runtime.serving.arrival import Arrival

READ_TIMEOUT_SECONDS = 15.0
"""How long a request may take to arrive, once it has begun."""
RECEIVE_BYTES = MAX_HEAD_BYTES = 64 * 1024


class Stream(socket.socket):
    """A socket that gives what was received ahead first.

    What a thread has to wait for arrives within `READ_TIMEOUT_SECONDS`, or is not waited for.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(fileno=descriptor)
        self.ahead = bytearray()
        self.arrives_by = 0.0
        self.rejected_for: str | None = None
        """The module whose threads are all taken, where this request is to be told so."""

    def setblocking(self, flag: bool, /) -> None:
        # gunicorn calls this as a thread begins with a request.
        self.arrives_by = time.monotonic() + READ_TIMEOUT_SECONDS
        super().setblocking(flag)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        if self.ahead:
            taken = bytes(self.ahead[:size])
            del self.ahead[:size]
            return taken
        if self.gettimeout() is not None:
            return super().recv(size, flags)
        self.settimeout(max(self.arrives_by - time.monotonic(), 0.001))
        try:
            return super().recv(size, flags)
        except TimeoutError:
            raise errors.NoMoreData from None
        finally:
            self.settimeout(None)

    def receive(self, room: int) -> int | None:
        """Take in what is here, without waiting; None where no more will come."""
        try:
            received = super().recv(min(room, RECEIVE_BYTES), socket.MSG_DONTWAIT)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            return None
        self.ahead += received
        return len(received) or None


class Connection(TConn):  # type: ignore[misc]  # it has no types
    """A connection between the event loop, which waits for its requests, and the threads, which answer them."""

    sock: Stream

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, Stream(sock.detach()), client, server)
        self.data_ready = True  # it comes to a thread no earlier
        self.arrival = Arrival()
        self.since = time.monotonic()
        """When its turn to send began, or that of its next request."""
        self.expires = 0.0
        self.has_begun = False
        self.answered = 0
        self.counted = 0
        """Bytes of it that count as buffered."""
        self.lane: object = None
        """What serves the request that has arrived."""
        self.module = self.holder = ""
        """Whose the address is, and whose share of the threads it takes."""

    @property
    def ahead(self) -> bytearray:
        return self.sock.ahead

    def begin(self) -> None:
        """Start anew, with what came behind the last request."""
        if self.parser is not None:
            self.sock.ahead[:0] = self.parser.unreader.take_buffered()
            self.answered += 1
        self.arrival = Arrival()
        self.has_begun = False
        self.since = time.monotonic()

    def receive(self, most: int) -> bool:
        """Take in what is here, up to so many bytes in all; False when there is nothing, and no more will come."""
        room = most - len(self.ahead)
        received = self.sock.receive(room) if room > 0 else 0
        self.arrival.look(self.ahead)
        return received is not None or self.arrival.is_whole

    def is_ready(self, most: int) -> bool:
        """Tell whether a thread can do something: all of the request is here, or more belongs to it than is kept."""
        arrival = self.arrival
        larger = len(self.ahead) >= most if arrival.in_chunks else arrival.needed > most
        return arrival.is_whole or arrival.is_odd or larger

    def has_endless_head(self) -> bool:
        """Tell whether more has come than a head may have."""
        return not self.arrival.has_head and len(self.ahead) >= MAX_HEAD_BYTES
