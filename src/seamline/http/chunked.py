"""Request bodies without a Content-Length, which Django takes to be empty."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings

from seamline.http.problems import MAX_JSON_BYTES

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
READ_BYTES = 65536


class Chunked:
    """WSGI middleware: a body that comes in chunks (RFC 9112, section 7.1) is read, and goes on with its length.

    Of one that is too large no more is read than shows it. A long one waits in a temporary file.
    """

    def __init__(self, application: WsgiApp) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.pop("HTTP_TRANSFER_ENCODING", None) or environ.get("CONTENT_LENGTH"):
            return self.application(environ, start_response)
        with ExitStack() as held:
            body = held.enter_context(SpooledTemporaryFile(MAX_JSON_BYTES))
            _copy(environ["wsgi.input"], body)
            environ |= {"CONTENT_LENGTH": str(body.tell()), "wsgi.input": body}
            body.seek(0)
            return _Closing(self.application(environ, start_response), held.pop_all())


class _Closing:
    """A response, and what is closed with it."""

    def __init__(self, response: Iterable[bytes], held: ExitStack) -> None:
        self._response, self._held = response, held

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._response)

    def close(self) -> None:
        with self._held:
            getattr(self._response, "close", lambda: None)()


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    left = settings.MAX_REQUEST_BYTES + 1
    while left > 0 and (piece := source.read(min(READ_BYTES, left))):
        target.write(piece)
        left -= len(piece)
