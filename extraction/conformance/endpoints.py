"""The two that are asked: the module in this process, and the service over the wire. Both by the same requests."""

import io
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from seamline.calls.endpoint import ContractEndpoint

TIMEOUT_SECONDS = 15.0
"""Seconds to wait for an answer."""


class Request(NamedTuple):
    """A request, proper or not."""

    path: str
    body: bytes
    headers: dict[str, str]
    """All but Host. Content-Length is that of the body, unless it stands here."""
    method: str = "POST"


class Response(NamedTuple):
    """What came back; a status of 0 is no answer at all, and the body says why."""

    status: int
    content_type: str
    body: bytes
    published: tuple[Any, ...] = ()
    """The events that the request had published, where they are looked at."""


Endpoint = Callable[[Request], Response]


def in_process(request: Request) -> Response:
    """Ask the module in this process, by the way that contract calls come in."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.input": io.BytesIO(request.body),
    }
    for name, value in request.headers.items():
        variable = name.upper().replace("-", "_")
        environ[variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"] = value
    heads: list[tuple[int, str]] = []

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        heads.append((int(status.split()[0]), dict(headers)["Content-Type"]))

    body = b"".join(ContractEndpoint(_nothing_else)(environ, start))
    return Response(*heads[0], body)


class OverTheWire:
    """A deployable at a base URL."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url).netloc

    def __call__(self, request: Request) -> Response:
        # A connection for each, so that what one request does to it is not held against the next.
        connection = HTTPConnection(self._place, timeout=TIMEOUT_SECONDS)
        try:
            connection.putrequest(request.method, request.path, skip_accept_encoding=True)
            for name, value in ({"Content-Length": str(len(request.body))} | request.headers).items():
                connection.putheader(name, value)
            connection.endheaders(request.body)
            answer = connection.getresponse()
            return Response(answer.status, answer.headers.get("Content-Type", ""), answer.read())
        except (OSError, HTTPException) as error:
            return Response(0, "", (str(error) or type(error).__name__).encode())
        finally:
            connection.close()


def _nothing_else(*_: object) -> list[bytes]:
    raise AssertionError("nothing but contract operations is asked here")
