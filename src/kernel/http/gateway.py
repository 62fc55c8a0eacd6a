"""The gateway: requests for a module that moved out are passed on to it, and answered as if it were here."""

from collections.abc import Callable
from functools import cache

import structlog
import urllib3
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from contracts.language import DeadlineExceeded, Unavailable
from kernel import context, topology
from kernel.http.middleware import module_of
from kernel.http.problems import MAX_BODY, Invalid, answer_to

log = structlog.get_logger("seam.gateway")

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
        if int(request.headers.get("Content-Length") or 0) > MAX_BODY:
            return answer_to(Invalid.too_large())
        return _pass_on(request, url, module)


def _pass_on(request: HttpRequest, url: str, module: str) -> HttpResponse:
    now = context.current()
    try:
        answer = _pool().request(
            request.method or "GET",
            url + request.get_full_path(),
            body=request.body or None,
            headers={**_forwarded(request), "X-Request-ID": now.request_id},
            timeout=urllib3.Timeout(total=max(now.remaining, 0.001), connect=2.0),
            pool_timeout=max(now.remaining, 0.001),
            retries=False,
            redirect=False,
        )
    except urllib3.exceptions.ReadTimeoutError:
        return answer_to(DeadlineExceeded(module=module))
    except (urllib3.exceptions.HTTPError, OSError) as error:
        log.warning("module_away", module=module, error=type(error).__name__, request_id=now.request_id)
        return answer_to(Unavailable(module=module))
    response = HttpResponse(answer.data, status=answer.status)
    for name, value in answer.headers.items():
        if name.lower() not in _OWN:
            response[name] = value
    return response


def _forwarded(request: HttpRequest) -> dict[str, str]:
    # Host stays the caller's, so that links in the answer lead back here.
    return {name: value for name, value in request.headers.items() if name.lower() not in _OWN}


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(num_pools=32, maxsize=16, block=True)
