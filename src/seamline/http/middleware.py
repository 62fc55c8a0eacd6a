"""Every request runs in a context of its own and leaves one line in the log."""

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from msgspec import structs

from seamline import context
from seamline.context import Context
from seamline.http.pages import API
from seamline.http.problems import MAX_JSON_BYTES, Invalid, bad_request, error_response
from seamline.module import owner
from seamline.observability import metrics, tracing

log = structlog.get_logger("seamline.http")
GetResponse = Callable[[HttpRequest], HttpResponseBase]
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_QUIET = ("/health", "/metrics", "/static")


class RequestContext:
    """Give the request an id and a deadline, answer with the id, and log what became of it.

    The log has the route, never the query or the body: those may hold personal data.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.monotonic()
        request_context = Context(
            request_id=context.request_id_of(request.headers.get("X-Request-ID")),
            traceparent=context.traceparent_of(request.headers.get("traceparent")),
            deadline=started + settings.REQUEST_TIMEOUT,
        )
        with context.entered(request_context), tracing.span("request", tracing.SERVER) as span:
            response = self.refuse(request) or self.get_response(request)
            tracing.end_request(span, " ".join(_method_and_route(request)), response.status_code)
            response["X-Request-ID"] = request_context.request_id
            self._report(request, response, time.monotonic() - started, request_context.request_id)
        return response

    def refuse(self, request: HttpRequest) -> HttpResponseBase | None:
        """Answer what is not let in: text that PostgreSQL cannot store, and bodies that are too long."""
        if _holds_nul(request):
            return bad_request(request)
        limit = _max_body(request)
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            return error_response(Invalid.too_large(limit))
        return None

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_: object) -> None:
        """Make it the work of the module whose view responds."""
        origin = " ".join(_method_and_route(request))
        context.begin(structs.replace(context.current(), module=module_of(view), origin=origin))

    def _report(self, request: HttpRequest, response: HttpResponseBase, seconds: float, request_id: str) -> None:
        match = request.resolver_match
        module = module_of(match.func) if match else None
        method, route = _method_and_route(request)
        metrics.requests.labels(method, route, response.status_code).observe(seconds)
        metrics.flush()
        if not request.path.startswith(_QUIET):
            log.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                ms=round(seconds * 1000, 1),
                module=module or "-",
                request_id=request_id,
            )


def _method_and_route(request: HttpRequest) -> tuple[str, str]:
    method = request.method if request.method in _METHODS else "other"  # anybody may make up another
    return method, f"/{request.resolver_match.route if request.resolver_match else '-'}"


def _max_body(request: HttpRequest) -> int:
    # Here and not in the view, so that it is the same before and behind a gateway, which reads a body whole.
    is_json = request.content_type == "application/json" and request.path.startswith(API)
    return min(MAX_JSON_BYTES, settings.MAX_REQUEST_BYTES) if is_json else int(settings.MAX_REQUEST_BYTES)


def _holds_nul(request: HttpRequest) -> bool:
    # PostgreSQL cannot store it, so that no text of ours has it.
    return "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")


def module_of(view: Callable[..., object]) -> str | None:
    """Return the module that a view belongs to, None for the deployable's own."""
    return owner(getattr(view, "cls", view).__module__)
