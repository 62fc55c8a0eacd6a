"""What the server tells the application of a connection, and has said to the client of it."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from seamline.calls import wire
from seamline.calls.endpoint import PREFIX
from seamline.contract import Rejected
from seamline.http.admission import REJECTED
from seamline.runtime.serving import refusals

MAX_DISCARDED_BYTES = 64 * 1024
"""Of an unread body, which gunicorn throws away, to go on with the next request of a connection."""

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


def serve(
    application: Callable[[Environ, StartResponse], Iterable[bytes]],
    is_ending: Callable[[], bool],
    environ: Environ,
    start_response: StartResponse,
) -> Iterable[bytes]:
    """Answer a request, with `Connection: close` where the connection is going to end."""
    body = environ["wsgi.input"]
    rejected = environ["gunicorn.socket"].rejected_for
    asked_to_close = _is_asked_to_close(environ.get("HTTP_CONNECTION", ""))

    def start(*head: Any) -> Any:
        if rejected or asked_to_close or is_ending() or body.failed or _unread(body.reader) >= MAX_DISCARDED_BYTES:
            start_response.__self__.force_close()  # type: ignore[attr-defined]
        return start_response(*head)

    if environ["SERVER_PROTOCOL"] == "HTTP/1.1" and "HTTP_HOST" not in environ:  # RFC 9112, section 3.2
        refusal = refusals.body(HTTPStatus.BAD_REQUEST, "Host is missing")
        headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(refusal)))]
        start("400 Bad Request", headers)
        return [refusal]
    if rejected and environ["PATH_INFO"].startswith(PREFIX):
        response = wire.error_response(Rejected(module=rejected))
        headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(response.body)))]
        start(f"{response.status} {HTTPStatus(response.status).phrase}", headers)
        return [response.body]
    if rejected:
        environ[REJECTED] = rejected
    return application(environ, start)


def _is_asked_to_close(connection: str) -> bool:
    """Tell whether the client has enough. gunicorn knows "close" alone, not in a list: "TE, close"."""
    return "close" in {option.strip().lower() for option in connection.split(",")}


def _unread(reader: Any) -> float:
    """Count the bytes that are left of a request's body; of one in chunks nobody knows."""
    return getattr(reader, "length", float("inf") if getattr(reader, "parser", None) else 0)
