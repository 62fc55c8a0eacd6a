"""Kept-alive connections to one place: HTTP/1.1 (RFC 9112), as little of it as a contract call needs."""

import select
import socket
import ssl
import time
from collections import deque
from typing import NamedTuple
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpResponseParser

KEPT = 8
"""Connections that are kept for the next calls; more may be open at a time."""
CHUNK = 65536
FAILURES = (HttpParserError, OSError)
"""What is raised where no answer was had."""


class Response(NamedTuple):
    """What came back, read to its end."""

    status: int
    content_type: str
    body: bytes


class TooLate(Exception):
    """The request was sent, and no answer came in time."""


class Connections:
    """Connections to one base URL. Safe to use from several threads."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._address = (place.hostname or "", place.port or (443 if place.scheme == "https" else 80))
        self._tls = ssl.create_default_context() if place.scheme == "https" else None
        self._head = f"POST {place.path}%s HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: %d\r\n%s\r\n"
        self._idle: deque[socket.socket] = deque(maxlen=KEPT)

    def post(self, path: str, body: bytes, headers: str, timeout: float, connect_timeout: float) -> Response:
        """POST and read the answer, within `timeout` seconds. Raises `TooLate` or one of `FAILURES`.

        `headers` are lines that end in CR and LF.
        """
        deadline = time.monotonic() + timeout
        connection = self._kept() or self._opened(min(timeout, connect_timeout))
        try:
            connection.settimeout(timeout)
            connection.sendall((self._head % (path, len(body), headers)).encode() + body)
            answer = _Answer()
            while not answer.is_complete:
                answer.feed(connection.recv(CHUNK))
                # What comes in drops must not outlast the deadline.
                connection.settimeout(max(deadline - time.monotonic(), 0.001))
        except TimeoutError:
            connection.close()
            raise TooLate from None
        except BaseException:
            connection.close()
            raise
        if answer.is_last:
            connection.close()
        else:
            self._idle.append(connection)
        return Response(answer.status, answer.content_type, b"".join(answer.body))

    def _kept(self) -> socket.socket | None:
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

    def _opened(self, timeout: float) -> socket.socket:
        connection = socket.create_connection(self._address, timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._tls.wrap_socket(connection, server_hostname=self._address[0]) if self._tls else connection


class _Answer:
    """An answer as it comes in; the parser calls the `on_…` methods."""

    def __init__(self) -> None:
        self.status = 0
        self.content_type = ""
        self.body: list[bytes] = []
        self.is_complete = self.is_last = False
        self._parser = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        if not data:
            raise ConnectionResetError("the other side hung up")
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-type":
            self.content_type = value.decode("latin-1")

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self.is_last = not self._parser.should_keep_alive()
        self.is_complete = True


def _is_readable(connection: socket.socket) -> bool:
    """Whether there is something to read, though nothing was asked: that it was closed, mostly."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
