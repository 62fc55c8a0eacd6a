"""Kept-alive connections to one place, by the standard library's client, which takes half the time of richer ones."""

import ssl
from collections import deque
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from select import select
from typing import NamedTuple
from urllib.parse import urlsplit

KEPT = 8
"""Connections that are kept for the next calls; more may be open at a time."""
FAILURES = (HTTPException, OSError)
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
        self._place = urlsplit(url)
        self._idle: deque[HTTPConnection] = deque(maxlen=KEPT)

    def post(self, path: str, body: bytes, headers: dict[str, str], timeout: float, connect_timeout: float) -> Response:
        """POST and read the answer, `timeout` seconds for each step. Raises `TooLate` or one of `FAILURES`."""
        connection = self._kept() or self._new(min(timeout, connect_timeout))
        try:
            if connection.sock is None:
                connection.connect()
            connection.sock.settimeout(timeout)
            try:
                connection.request("POST", self._place.path + path, body, headers)
                answer = connection.getresponse()
                response = Response(answer.status, answer.headers.get("Content-Type", ""), answer.read())
            except TimeoutError:
                raise TooLate from None
        except BaseException:
            connection.close()
            raise
        if not answer.will_close:
            self._idle.append(connection)
        return response

    def _kept(self) -> HTTPConnection | None:
        # The last one used is the least likely to have been closed by the other side.
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            if connection.sock is not None and not select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()
        return None

    def _new(self, timeout: float) -> HTTPConnection:
        host, port = self._place.hostname or "", self._place.port
        if self._place.scheme == "https":
            return HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
        return HTTPConnection(host, port, timeout=timeout)
