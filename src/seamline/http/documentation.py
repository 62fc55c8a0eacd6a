"""The documentation of an endpoint for drf-spectacular, derived from its declaration."""

import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from seamline.calls.wire import STATUS, Problem
from seamline.contract import ContractError
from seamline.http import access as accesses
from seamline.http import idempotency
from seamline.http.problems import CONTENT_TYPE

_KEY = OpenApiParameter(
    idempotency.HEADER,
    {"type": "string", "pattern": f"^{idempotency.KEY}$"},
    OpenApiParameter.HEADER,
    description="1 to 100 visible characters. A repeat with the same key and body gets the first response again.",
)
_GENERAL = {
    HTTPStatus.BAD_REQUEST: ("request.invalid", "The request cannot be understood"),
    HTTPStatus.NOT_FOUND: ("request.not_found", "There is nothing here"),
    HTTPStatus.NOT_ACCEPTABLE: ("request.not_acceptable", "Nothing of what is here is accepted"),
    HTTPStatus.REQUEST_TIMEOUT: ("request.invalid", "The body did not come whole, or not in time"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("request.invalid", "The body is too long"),
    HTTPStatus.REQUEST_URI_TOO_LONG: ("request.refused", "The address is too long"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("request.invalid", "The body is of another content type"),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("request.invalid", "Some fields do not fit"),
    HTTPStatus.UNAUTHORIZED: ("request.unauthenticated", "Authentication credentials were not provided."),
    HTTPStatus.FORBIDDEN: ("request.permission_denied", "The scope is not granted"),
    HTTPStatus.CONFLICT: ("request.in_flight", "The first request with this key is under way"),
    HTTPStatus.TOO_MANY_REQUESTS: ("request.throttled", "Try again in 7 seconds"),
    HTTPStatus.SERVICE_UNAVAILABLE: ("call.unavailable", "Please try again in a moment"),
}
OF_BODIES = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
"""What may be answered wherever a body is taken."""


def document(
    method: Callable[..., Any],
    *,
    access: accesses.Access,
    body: type[msgspec.Struct] | None,
    returns: Any,
    statuses: tuple[int, ...],
    raises: tuple[type[ContractError], ...],
    parameters: tuple[OpenApiParameter, ...],
    idempotent: bool,
    in_path: tuple[str, ...] = (),
    has_location: bool = False,
) -> dict[str, Any]:
    """Derive the arguments of `extend_schema`. The method's docstring gives summary and description."""
    summary, _, description = (inspect.getdoc(method) or method.__name__).partition("\n")
    errors = _errors(access, body is not None, bool(parameters), bool(in_path), raises, idempotent)
    responses: dict[Any, Any] = {status: OpenApiResponse(returns, HTTPStatus(status).phrase) for status in statuses}
    responses |= _problems(errors)
    return {
        "operation_id": _operation_id(method),
        "summary": summary.rstrip("."),
        "description": "\n\n".join(
            filter(None, (description.strip(), f"**Access:** {(access.__doc__ or '').strip()}"))
        ),
        "request": body,
        "responses": responses,
        "parameters": [
            *parameters,
            *([_KEY] if idempotent else []),
            *_headers(statuses if has_location else (), statuses if idempotent else (), errors),
        ],
        "auth": [] if access is accesses.public else None,
    }


def general_problems(*statuses: HTTPStatus) -> dict[Any, Any]:
    """Describe responses that have nothing to do with what an endpoint is about, for one that says all of its own."""
    return _problems({status: dict([_GENERAL[status]]) for status in statuses})


def _problems(errors: Mapping[int, Mapping[str, str]]) -> dict[Any, Any]:
    return {
        (int(status), CONTENT_TYPE): OpenApiResponse(
            Problem,
            description="; ".join(f"`{code}`: {detail}" for code, detail in cases.items()),
            examples=[_example(status, code, detail) for code, detail in cases.items()],
        )
        for status, cases in sorted(errors.items())
    }


def _operation_id(method: Callable[..., Any]) -> str:
    """Name an operation: `ParcelStatusView.patch` is `patch_parcel_status`."""
    view, _, verb = method.__qualname__.rpartition(".")
    return f"{verb}_{re.sub(r'(?<=[a-z])(?=[A-Z])', '_', view.removesuffix('View')).lower()}"


def _errors(
    access: accesses.Access,
    has_body: bool,
    has_parameters: bool,
    has_path: bool,
    raises: tuple[type[ContractError], ...],
    idempotent: bool,
) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    general = [HTTPStatus.BAD_REQUEST]
    general += [HTTPStatus.NOT_FOUND] if has_path else []
    general += [HTTPStatus.REQUEST_URI_TOO_LONG] if has_path or has_parameters else []
    general += OF_BODIES if has_body else []
    general += [HTTPStatus.UNPROCESSABLE_ENTITY] if has_body or has_parameters or idempotent else []
    general += [HTTPStatus.UNAUTHORIZED] if access is not accesses.public else []
    general += [HTTPStatus.FORBIDDEN] if access not in (accesses.public, accesses.user) else []
    general += [HTTPStatus.CONFLICT] if idempotent else []
    for status in (*general, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        code, detail = _GENERAL[status]
        found[status][code] = detail
    if idempotent:
        found[HTTPStatus.UNPROCESSABLE_ENTITY]["request.key_reused"] = "The key came before with another request"
    for error in raises:
        found[STATUS[error.category]][error.code] = error.title
    return found


def _headers(
    located: tuple[int, ...], replayed: tuple[int, ...], errors: Mapping[int, object]
) -> Iterator[OpenApiParameter]:
    """Say which headers come with responses, besides those of every response of HTTP."""
    seconds = {"type": "integer", "minimum": 1}
    if located:
        yield _header("Location", {"type": "string", "format": "uri-reference"}, located, "Where it is.", required=True)
    if replayed:
        yield _header(
            "Idempotency-Replayed", {"type": "string", "const": "true"}, replayed, "The response to an earlier request."
        )
        yield _header("Retry-After", seconds, (HTTPStatus.CONFLICT,), "In how many seconds, where one is under way.")
    if HTTPStatus.TOO_MANY_REQUESTS in errors:
        status = (HTTPStatus.TOO_MANY_REQUESTS,)
        yield _header("Retry-After", seconds, status, "In how many seconds one more may come.", required=True)
        for name in ("RateLimit-Policy", "RateLimit"):
            yield _header(name, {"type": "string"}, status, "What is let through, and what is left.", required=True)
    if HTTPStatus.SERVICE_UNAVAILABLE in errors:
        status = (HTTPStatus.SERVICE_UNAVAILABLE,)
        yield _header("Retry-After", seconds, status, "In how many seconds to try again.", required=True)


def _header(
    name: str, schema: dict[str, Any], statuses: tuple[int, ...], description: str, required: bool = False
) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        schema,
        OpenApiParameter.HEADER,
        description=description,
        required=required,
        response=[int(status) for status in statuses],
    )


def _example(status: int, code: str, detail: str) -> OpenApiExample:
    value = {
        "type": f"urn:problem:{code}",
        "title": detail,
        "status": int(status),
        "code": code,
        "detail": detail,
        "request_id": "7c9e6679f7425de9944be07fc1f90ae7",
        "data": {},
        "errors": [],
    }
    return OpenApiExample(
        code, value=value, response_only=True, status_codes=[str(int(status))], media_type=CONTENT_TYPE
    )
