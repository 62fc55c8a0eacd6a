"""Request bodies without a Content-Length, which Django takes to be empty."""

import io
from collections.abc import Callable, Iterable
from typing import Any

from kernel.http.problems import MAX_BODY

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Chunked:
    """WSGI middleware: a body that comes in chunks (RFC 9112, section 7.1) is read, and goes on with its length.

    Of one that is too large no more is read than shows it.
    """

    def __init__(self, application: WsgiApp) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.pop("HTTP_TRANSFER_ENCODING", None) and not environ.get("CONTENT_LENGTH"):
            body = environ["wsgi.input"].read(MAX_BODY + 1)
            environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
        return self.application(environ, start_response)
