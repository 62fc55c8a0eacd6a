"""The gateway: requests for a module that moved out are passed on to it, and answered as if it were here."""

from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

import pybreaker
import structlog
import urllib3
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase

from contracts.language import AvailabilityError, DeadlineExceeded, Rejected, Unavailable
from kernel import context, topology
from kernel.calls.bulkhead import Bulkhead
from kernel.calls.remote import circuit_breaker
from kernel.http.middleware import module_of
from kernel.http.problems import MAX_BODY, Invalid, answer_to

log = structlog.get_logger("seam.gateway")
SLOTS = 2
"""Requests that may be under way to one module at a time. The server makes it half of its threads."""
PATIENCE = 3.0
"""Seconds to wait for another request to end, where there are that many."""
Guards = tuple[Bulkhead, pybreaker.CircuitBreaker]

# Hop-by-hop (RFC 9110, section 7.6.1), or set anew on each side.
_OWN = {
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
}


class Gateway:
    """Django middleware: pass a request on when the module whose view would answer it lives elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_: object) -> HttpResponse | None:
        module = module_of(view)
        url = topology.current().moved.get(module) if module else None
        if module is None or url is None:
            return None
        try:
            return _pass_on(request, url, module)
        except pybreaker.CircuitBreakerError:
            return answer_to(Rejected(module=module))
        except (Invalid, AvailabilityError) as refusal:
            return answer_to(refusal)


def _pass_on(request: HttpRequest, url: str, module: str) -> HttpResponse:
    body = _body(request)  # before anything is held, for its sender may be slow
    bulkhead, breaker = _guards_of(url, module)
    with bulkhead, breaker.calling():
        answer = _ask(request, body, url, module)
    response = HttpResponse(answer.data, status=answer.status)
    for name, value in answer.headers.items():
        if name.lower() not in _OWN:
            response[name] = value
    return response


def _body(request: HttpRequest) -> bytes:
    if int(request.headers.get("Content-Length") or 0) > MAX_BODY:
        raise Invalid.too_large()
    try:
        return request.body
    except UnreadablePostError:
        raise Invalid.broken_off() from None


def _ask(request: HttpRequest, body: bytes, url: str, module: str) -> urllib3.BaseHTTPResponse:
    now = context.current()
    try:
        return _connections(url).urlopen(
            request.method or "GET",
            urlsplit(url).path + request.get_full_path(),
            body=body or None,
            headers={**_forwarded(request), "X-Request-ID": now.request_id},
            timeout=urllib3.Timeout(total=max(now.remaining, 0.001), connect=2.0),
            retries=False,
            redirect=False,
        )
    except urllib3.exceptions.ReadTimeoutError:
        raise DeadlineExceeded(module=module) from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        log.warning("module_away", module=module, error=type(error).__name__, request_id=now.request_id)
        raise Unavailable(module=module) from None


def _forwarded(request: HttpRequest) -> dict[str, str]:
    # Host stays the caller's, so that links in the answer lead back here.
    return {name: value for name, value in request.headers.items() if name.lower() not in _OWN}


def _guards_of(url: str, module: str) -> Guards:
    # `setdefault`, so that the first requests of all, at the same time, share one bulkhead.
    place = (url, module)
    return _guards.get(place) or _guards.setdefault(place, (Bulkhead(module, SLOTS, PATIENCE), circuit_breaker()))


_guards: dict[tuple[str, str], Guards] = {}


@cache
def _connections(url: str) -> urllib3.HTTPConnectionPool:
    # Nobody waits for a connection: the bulkhead says how many there may be.
    return urllib3.connection_from_url(url, maxsize=16)
