"""A response that goes on as it comes from the module's own place: piece by piece, and not decoded."""

import errno
import os
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse

from seamline.context import current
from seamline.transport.http_pool import NO_RESPONSE, Exchange, TimedOut

log = structlog.get_logger("seamline.gateway")


class StreamedResponse(StreamingHttpResponse):
    """Django's, with headers that come several times, each in its place."""

    def __init__(self, status: int, reason: str, headers: Iterable[tuple[str, str]]) -> None:
        super().__init__(status=status, reason=reason)
        del self.headers["Content-Type"]  # Django's own
        self._repeated: list[tuple[str, str]] = []
        # Frames are allowed where the page's own deployable allows them.
        self.xframe_options_exempt = True
        for name, value in headers:
            if name in self.headers or name.lower() == "set-cookie":
                self._repeated.append((name, value))
            else:
                self.headers[name] = value

    def items(self) -> Any:
        """Yield every header: those of one name together, and cookies last, as Django has them."""
        for name, value in super().items():
            yield name, value
            yield from self._repeats(name)
        yield from self._repeats("set-cookie")

    def _repeats(self, name: str) -> Iterator[tuple[str, str]]:
        return ((other, value) for other, value in self._repeated if other.lower() == name.lower())


class Body:
    """The body of an exchange. Memory holds what one read brings, however long it is."""

    def __init__(self, exchange: Exchange, module: str, request: HttpRequest, close: Callable[[], None]) -> None:
        self.close = close
        self._exchange = exchange
        self._module = module
        self._client: socket.socket | None = request.META.get("gunicorn.socket")
        self._request_id = current().request_id

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return self._next()
        except (TimedOut, *NO_RESPONSE) as error:
            log.warning(
                "response_aborted", module=self._module, error=type(error).__name__, request_id=self._request_id
            )
            if self._client:
                abort(self._client)
            raise ConnectionResetError(errno.ECONNRESET, "the response has no end") from None

    def _next(self) -> bytes:
        response = self._exchange.response
        while not (piece := response.take()):
            if response.is_complete:
                self.close()
                raise StopIteration
            self._exchange.receive(time.monotonic() + settings.REQUEST_TIMEOUT)
        return piece


def abort(connection: socket.socket) -> None:
    """Reset a connection, so that a response without a length is not taken to be whole.

    The server still closes it in its own way, which would end it in good order: it is left something else to close.
    """
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        nobody, other = socket.socketpair()
        with nobody, other:
            os.dup2(other.fileno(), connection.fileno(), inheritable=False)
