"""Errors of the HTTP API: problem details (RFC 9457) with a stable code and, for bad input, the fields at fault."""

import sys
from collections.abc import Iterator
from http import HTTPStatus
from math import ceil
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import Error, connections
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.views.debug import technical_500_response
from rest_framework import exceptions

from seamline.calls import wire
from seamline.calls.wire import FieldError as FieldError
from seamline.calls.wire import Problem
from seamline.context import current
from seamline.contract import AvailabilityError, ContractError, Unavailable, reword
from seamline.databases.errors import drop_connection, is_infrastructure
from seamline.http.throttling import Throttled
from seamline.module import owner

log = structlog.get_logger("seamline.http")
CONTENT_TYPE = "application/problem+json"
NON_FIELD_ERRORS = "non_field_errors"
"""What the framework files errors of a whole body under."""
MAX_JSON_BYTES = 1024 * 1024
"""Of a request's body, where it is JSON. For bodies of any kind there is the setting MAX_REQUEST_BYTES."""
RETRY_AFTER_SECONDS = "2"
"""What a client is told to wait before it tries again what is unavailable."""


class Invalid(Exception):
    """The request cannot be understood; `status` says in what way.

    400 for what is not even JSON, 413 for too much, 415 for another content type, 422 for a field that does not fit.
    """

    def __init__(self, detail: str, errors: tuple[FieldError, ...] = (), status: int = HTTPStatus.UNPROCESSABLE_ENTITY):
        self.detail, self.errors, self.status = detail, errors, status
        super().__init__(detail)

    @classmethod
    def too_large(cls, limit: int = MAX_JSON_BYTES) -> "Invalid":
        """Make it for a body over a limit."""
        return cls(f"The body may be {limit} bytes long", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    @classmethod
    def broken_off(cls) -> "Invalid":
        """Make it for a body of which the rest did not come, or not in time."""
        return cls("The body did not come whole, or not in time", status=HTTPStatus.REQUEST_TIMEOUT)

    @classmethod
    def of(cls, error: msgspec.MsgspecError) -> "Invalid":
        """Make it of what the decoder says: `Expected int, got str - at $.quantity`."""
        if not isinstance(error, msgspec.ValidationError):
            return cls("The body is not well-formed JSON", status=HTTPStatus.BAD_REQUEST)
        message, _, path = reword(str(error)).partition(" - at `")
        return cls("Some fields do not fit", (FieldError(path.removesuffix("`") or "$", message),))


def problem(status: int, code: str, title: str, detail: str, errors: tuple[FieldError, ...] = ()) -> HttpResponse:
    """Make a response that says what went wrong."""
    request_id = current().request_id
    return respond(Problem(f"urn:problem:{code}", title, status, code, detail, request_id, errors=errors))


def respond(body: Problem) -> HttpResponse:
    """Make the response that carries a problem."""
    content = wire.encode(body)
    response = HttpResponse(content, content_type=CONTENT_TYPE, status=body.status)
    # Some answers come before the middleware that says it.
    response["Content-Length"] = str(len(content))
    if body.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def error_response(error: ContractError | Invalid) -> HttpResponse:
    """Make the response to an error of a contract, or to a request that cannot be understood."""
    if isinstance(error, Invalid):
        return problem(error.status, "request.invalid", "Invalid request", error.detail, errors=error.errors)
    detail = "Please try again in a moment" if isinstance(error, AvailabilityError) else f"{error.detail}."
    return respond(wire.problem_of(error, detail))


def too_many(throttled: Throttled) -> HttpResponse:
    """Make the response to a request that is one too many.

    RFC 6585, section 4; the RateLimit headers are of draft-ietf-httpapi-ratelimit-headers.
    """
    throttle, wait = throttled.throttle, throttled.wait
    response = problem(
        HTTPStatus.TOO_MANY_REQUESTS, "request.throttled", "Too many requests", f"Try again in {wait} seconds"
    )
    response["Retry-After"] = str(wait)
    response["RateLimit-Policy"] = f'"{throttle.name}";q={throttle.allowance};w={ceil(throttle.seconds)}'
    response["RateLimit"] = f'"{throttle.name}";r=0;t={wait}'
    return response


def from_exception(error: Exception, context: dict[str, Any] | None = None) -> HttpResponse | None:
    """Make the response to an exception, None for one that nobody foresaw. DRF's EXCEPTION_HANDLER."""
    match error:
        case Error() if is_infrastructure(error):
            view = (context or {}).get("view")
            return _database_unavailable(error, current().module or owner(type(view).__module__) or "")
        case Throttled():
            return too_many(error)
        case UnreadablePostError():
            return error_response(Invalid.broken_off())
        case ContractError() | Invalid():
            return error_response(error)
        case Http404():
            return problem(404, "request.not_found", "Not found", "There is nothing here")
        case PermissionDenied():
            return problem(403, "request.forbidden", "Forbidden", "You may not do this")
        case exceptions.APIException():
            return _from_framework(error)
    return None


def server_error(request: HttpRequest) -> HttpResponse:
    """Respond to an error that nobody foresaw: Django's handler500. The cause is in the log, under the request's id.

    A browser is shown it in development, by Django's own page.
    """
    if settings.DEVELOPMENT and "text/html" in request.headers.get("Accept", ""):
        page = technical_500_response(request, *sys.exc_info())
        page["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
        return page
    return problem(500, "request.unexpected", "Unexpected", "Something went wrong on our side")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Respond to a request that Django refuses: its handler400."""
    return problem(400, "request.invalid", "Invalid request", "The request cannot be understood")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Respond to an address that there is not: Django's handler404."""
    return problem(404, "request.not_found", "Not found", f"There is nothing at {request.path}")


def _database_unavailable(error: Exception, module: str) -> HttpResponse:
    # As good as the module being away, and to be tried again: the next request finds a new connection.
    log.error("database_unavailable", module=module, error=str(error).strip())
    for connection in connections.all(initialized_only=True):
        if connection.errors_occurred:
            drop_connection(connection.alias, error)
    return error_response(Unavailable(module=module))


def _from_framework(error: exceptions.APIException) -> HttpResponse:
    status = HTTPStatus(error.status_code)
    code = "request.unauthenticated" if status == HTTPStatus.UNAUTHORIZED else f"request.{error.default_code}"
    errors = tuple(_field_errors(error.detail, "$")) if not isinstance(error.detail, str) else ()
    detail = "Some fields do not fit" if errors else str(error.detail)
    response = problem(status, code, status.phrase, detail, errors=errors)
    if getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        response["Retry-After"] = str(round(error.wait))  # type: ignore[attr-defined]
    return response


def _field_errors(detail: Any, path: str) -> Iterator[FieldError]:
    """Flatten what the framework says of several fields, each with its own path."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _field_errors(inner, path if name == NON_FIELD_ERRORS else f"{path}.{name}")
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            yield from _field_errors(inner, path if isinstance(inner, str) else f"{path}[{index}]")
    else:
        yield FieldError(path, str(detail))
