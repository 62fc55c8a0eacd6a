"""Connections that wait for a request, or for their end: as many as there may be, and none has a thread."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ, BaseSelector

from seamline.runtime.serving import refusals
from seamline.runtime.serving.connection import READ_TIMEOUT_SECONDS, Connection

LINGER_SECONDS = 2.0
"""For a client to take what was sent, after the last of it (RFC 9112, section 9.6)."""
MAX_LINGER_BYTES = 64 * 1024
"""What a client may still send meanwhile."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What those may have who wait."""

    idle_seconds: float
    """Until the first byte of a request."""
    bytes_each: int
    bytes_in_all: int


class Reception:
    """Reads what comes on connections, in the event loop, until there is something for a thread to do."""

    def __init__(
        self,
        poller: BaseSelector,
        limits: Limits,
        on_request: Callable[[Connection], None],
        on_closed: Callable[[Connection], None],
    ) -> None:
        self._poller = poller
        self._limits = limits
        self._on_request, self._on_closed = on_request, on_closed
        self._idle_seconds = limits.idle_seconds
        self._waiting: set[Connection] = set()
        self._lingering: set[Connection] = set()
        self._buffered = 0

    def wait_for_request(self, connection: Connection) -> None:
        """Watch a connection that nobody uses for its next request, some of which may be here."""
        connection.sock.setblocking(False)
        connection.begin()
        connection.expires = time.monotonic() + self._idle_seconds
        self._register(connection, self._waiting, self._read)
        self._read(connection)

    def hang_up(self, connection: Connection) -> None:
        """Send no more, and close when the other side has, or its time is over."""
        self._count(connection, 0)
        connection.sock.ahead.clear()
        connection.expires = time.monotonic() + LINGER_SECONDS
        try:
            connection.sock.setblocking(False)
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.close(connection)
        else:
            self._register(connection, self._lingering, self._discard)

    def close(self, connection: Connection) -> None:
        """Be done with a connection, whatever it did."""
        self._unregister(connection)
        self._count(connection, 0)
        connection.close()
        self._on_closed(connection)

    def close_expired(self) -> None:
        """Close those whose time is over."""
        now = time.monotonic()
        for connection in [one for one in self._all() if one.expires <= now]:
            if connection in self._waiting and connection.ahead:
                self._refuse(connection, HTTPStatus.REQUEST_TIMEOUT)
            else:
                self.close(connection)

    def shorten(self, seconds: float) -> None:
        """Give those that send nothing so much longer, and no more."""
        self._idle_seconds = min(self._idle_seconds, seconds)
        for connection in self._waiting:
            if not connection.ahead:
                connection.expires = min(connection.expires, time.monotonic() + seconds)

    def make_room(self) -> bool:
        """Close the connection that is of least use: of those that never sent a request, who has waited longest."""
        longest = min(self._all(), key=lambda one: (one.answered > 0, one.since), default=None)
        if longest:
            self.close(longest)
        return longest is not None

    def _all(self) -> Iterator[Connection]:
        yield from self._lingering
        yield from self._waiting

    def _read(self, connection: Connection, _: object = None) -> None:
        if connection not in self._waiting:
            return  # closed for another's sake, in the same turn of the loop
        had = len(connection.ahead)
        if not connection.receive(self._limits.bytes_each):
            self.close(connection)
            return
        if connection.ahead and not connection.has_begun:
            connection.has_begun = True
            connection.since = time.monotonic()
            connection.expires = connection.since + READ_TIMEOUT_SECONDS
        self._count(connection, len(connection.ahead))
        if connection.is_ready(self._limits.bytes_each):
            self._unregister(connection)
            self._on_request(connection)
        elif connection.has_endless_head():
            self._refuse(connection, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif len(connection.ahead) > had and self._buffered > self._limits.bytes_in_all:
            begun = (one for one in self._waiting if one.ahead)
            self._refuse(min(begun, key=lambda one: one.since), HTTPStatus.SERVICE_UNAVAILABLE)

    def _discard(self, connection: Connection, _: object) -> None:
        if connection not in self._lingering:
            return
        received = connection.sock.receive(MAX_LINGER_BYTES)
        if received is None or len(connection.ahead) >= MAX_LINGER_BYTES:
            self.close(connection)

    def _refuse(self, connection: Connection, status: HTTPStatus) -> None:
        self._unregister(connection)
        with suppress(OSError):
            connection.sock.send(refusals.problem(status))
        self.hang_up(connection)

    def _register(
        self, connection: Connection, group: set[Connection], callback: Callable[[Connection, object], None]
    ) -> None:
        self._poller.register(connection.sock, EVENT_READ, partial(callback, connection))
        group.add(connection)

    def _unregister(self, connection: Connection) -> None:
        if connection in self._waiting or connection in self._lingering:
            self._poller.unregister(connection.sock)
            self._waiting.discard(connection)
            self._lingering.discard(connection)

    def _count(self, connection: Connection, buffered: int) -> None:
        self._buffered += buffered - connection.counted
        connection.counted = buffered
