"""Kept-alive connections to one place: HTTP/1.1 (RFC 9112), as little of it as calls and the gateway need."""

import os
import re
import select
import socket
import ssl
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from httptools import HttpParserError

from seamline.transport.responses import IncomingResponse

RECEIVE_BYTES = 65536
MAX_HEAD_BYTES = 65536
"""Of a response, its status line and headers together."""
NO_RESPONSE = (HttpParserError, OSError)
"""What is raised where no response was had."""

Headers = Iterable[tuple[str, str]]
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REQUEST_TARGET = re.compile(r"/[\x21-\x7e]*")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class RawResponse(NamedTuple):
    """A response, read to its end."""

    status: int
    content_type: str
    body: bytes
    headers: Sequence[tuple[str, str]] = ()


class TimedOut(Exception):
    """The request was sent, and no response came in time."""


class ResponseTooLong(Exception):
    """The response, or its head, has more bytes than may be read."""


class ConnectFailed(ConnectionError):
    """No connection was had, so that nothing was sent."""


class Connections(ABC):
    """A way to send requests to whoever stands behind one place."""

    @abstractmethod
    def send(self, method: str, target: str, headers: Headers, body: Iterable[bytes], timeout: float) -> "Exchange":
        """Send a request, within `timeout` seconds. Its response is read from the exchange, which has to be closed.

        `headers` say how long `body` is. Raises `ValueError` where the request would become another one on the wire,
        `TimedOut`, or one of `NO_RESPONSE`: `ConnectFailed` where nothing was sent.
        """

    def can_fail_over(self) -> bool:
        """Tell whether a request that just failed would go to another process, were it sent again."""
        return False

    def post(self, path: str, body: bytes, headers: Headers, timeout: float, limit: int) -> RawResponse:
        """POST and read the response of at most `limit` bytes, within `timeout` seconds.

        Raises `TimedOut`, `ResponseTooLong`, or one of `NO_RESPONSE`.
        """
        return self.request("POST", path, [("Content-Length", str(len(body))), *headers], body, timeout, limit)

    def get(self, path: str, headers: Headers, timeout: float, limit: int) -> RawResponse:
        """GET, as `post` does."""
        return self.request("GET", path, headers, b"", timeout, limit)

    def request(self, method: str, path: str, head: Headers, body: bytes, timeout: float, limit: int) -> RawResponse:
        """Send a request of any method whose headers are complete, as `post` does."""
        deadline = time.monotonic() + timeout
        with self.send(method, path, head, (body,), timeout) as exchange:
            response = exchange.response
            while not response.is_complete:
                # What comes in drops must not outlast the deadline.
                exchange.receive(deadline)
                if response.received > limit + MAX_HEAD_BYTES:
                    raise ResponseTooLong
            content_type = next((value for name, value in response.headers if name.lower() == "content-type"), "")
            return RawResponse(response.status, content_type, response.take(), response.headers)


class ConnectionPool(Connections):
    """Connections to one base URL. Safe to use from several threads."""

    def __init__(self, url: str, connect_timeout: float, max_idle: int, tls: ssl.SSLContext | None = None) -> None:
        self._connect_timeout, self._max_idle = connect_timeout, max_idle
        place = urlsplit(url)
        self.host = place.netloc.rpartition("@")[2]
        self._path = place.path
        self._address = (place.hostname or "", place.port or (443 if place.scheme == "https" else 80))
        self._tls = (tls or ssl.create_default_context()) if place.scheme == "https" else None
        self._idle: deque[socket.socket] = deque()
        self._process = os.getpid()

    def send(self, method: str, target: str, headers: Headers, body: Iterable[bytes], timeout: float) -> "Exchange":
        """Send a request, as `Connections.send` has it. `Host` is this pool's, unless the headers name one."""
        deadline = time.monotonic() + timeout
        head = _head(method, self._path + target, headers, self.host)
        connection = self._checkout() or self._connect(min(timeout, self._connect_timeout))
        exchange = Exchange(self, connection, IncomingResponse(method))
        try:
            exchange.send(head, body, deadline)
        except BaseException:
            exchange.close()
            raise
        return exchange

    def check_in(self, connection: socket.socket) -> None:
        """Take back a connection on which nothing is under way."""
        if len(self._idle) < self._max_idle:
            self._idle.append(connection)
        else:
            connection.close()

    def close_idle(self) -> None:
        """Close the connections on which nothing is under way."""
        while self._idle:
            self._idle.pop().close()

    def _checkout(self) -> socket.socket | None:
        if self._process != os.getpid():
            # This one was forked off: what it has of its parent's connections others have too.
            self._idle, self._process = deque(), os.getpid()
        # The last one used is the least likely to have been closed by the other side.
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            if not _is_readable(connection):
                return connection
            connection.close()
        return None

    def _connect(self, timeout: float) -> socket.socket:
        try:
            connection = socket.create_connection(self._address, timeout)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return self._tls.wrap_socket(connection, server_hostname=self._address[0]) if self._tls else connection
        except OSError as error:
            raise ConnectFailed(str(error)) from error


class Exchange:
    """One request and its response, on a connection of its own until it is closed."""

    def __init__(self, pool: ConnectionPool, connection: socket.socket, response: IncomingResponse) -> None:
        self.response = response
        self.on_close: Callable[[Exchange], None] | None = None
        self.timed_out = False
        self._pool = pool
        self._connection: socket.socket | None = connection

    def __enter__(self) -> "Exchange":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, head: bytes, body: Iterable[bytes], deadline: float) -> None:
        """Send the whole request. Raises `TimedOut`."""
        pieces = iter(body)
        try:
            self._sendall(head + next(pieces, b""), deadline)
            for piece in pieces:
                self._sendall(piece, deadline)
        except (BrokenPipeError, ConnectionResetError):
            # It may have answered before it hung up: that the body is too large, say.
            self.response.is_last = True

    def receive(self, deadline: float) -> None:
        """Read what comes next of the response. Raises `TimedOut`, `ResponseTooLong`, or one of `NO_RESPONSE`."""
        connection = self._connection_until(deadline)
        try:
            data = connection.recv(RECEIVE_BYTES)
        except TimeoutError:
            self.timed_out = True
            raise TimedOut from None
        self.response.feed(data)
        if not self.response.has_head and self.response.received > MAX_HEAD_BYTES:
            raise ResponseTooLong

    def close(self) -> None:
        """Keep the connection for another request, if it is good for one."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self.on_close:
            self.on_close(self)
        if self.response.is_complete and not self.response.is_last:
            self._pool.check_in(connection)
        else:
            connection.close()

    def _sendall(self, data: bytes, deadline: float) -> None:
        try:
            self._connection_until(deadline).sendall(data)
        except TimeoutError:
            raise TimedOut from None

    def _connection_until(self, deadline: float) -> socket.socket:
        if self._connection is None:
            raise ConnectionResetError("the exchange is closed")
        self._connection.settimeout(max(deadline - time.monotonic(), 0.001))
        return self._connection


def _head(method: str, target: str, headers: Headers, host: str) -> bytes:
    """Render the lines before the body. What would begin a line of its own is refused, wherever it came from."""
    if not (_HEADER_NAME.fullmatch(method) and _REQUEST_TARGET.fullmatch(target)):
        raise ValueError(f"no request can be made of {method!r} and {target!r}")
    lines = [f"{method} {target} HTTP/1.1"]
    names_host = False
    for name, value in headers:
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            raise ValueError(f"the header {name!r} cannot be sent")
        lines.append(f"{name}: {value}")
        names_host = names_host or name == "Host"
    if not names_host:
        lines.append(f"Host: {host}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _is_readable(connection: socket.socket) -> bool:
    """Tell whether there is something to read, though nothing was asked: that it was closed, mostly."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
