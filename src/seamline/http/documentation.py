"""The documentation of an endpoint for drf-spectacular, derived from its declaration."""

import inspect
import re
from collections import defaultdict
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from seamline.calls.wire import STATUS, Problem
from seamline.contract import ContractError
from seamline.http import access as accesses
from seamline.http.problems import CONTENT_TYPE

_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="1 to 100 visible characters. A repeat with the same key and body gets the first response again.",
)
_GENERAL = {
    HTTPStatus.BAD_REQUEST: ("request.invalid", "The body is not well-formed JSON"),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("request.invalid", "Some fields do not fit"),
    HTTPStatus.UNAUTHORIZED: ("request.unauthenticated", "Authentication credentials were not provided."),
    HTTPStatus.FORBIDDEN: ("request.permission_denied", "The scope is not granted"),
    HTTPStatus.CONFLICT: ("request.in_flight", "The first request with this key is under way"),
    HTTPStatus.SERVICE_UNAVAILABLE: ("call.unavailable", "Please try again in a moment"),
}


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
) -> dict[str, Any]:
    """Derive the arguments of `extend_schema`. The method's docstring gives summary and description."""
    summary, _, description = (inspect.getdoc(method) or method.__name__).partition("\n")
    errors = _errors(access, body is not None, bool(parameters), raises, idempotent)
    responses: dict[Any, Any] = {status: OpenApiResponse(returns, HTTPStatus(status).phrase) for status in statuses}
    for status, cases in sorted(errors.items()):
        responses[status, CONTENT_TYPE] = OpenApiResponse(
            Problem,
            description="; ".join(f"`{code}`: {detail}" for code, detail in cases.items()),
            examples=[_example(status, code, detail) for code, detail in cases.items()],
        )
    return {
        "operation_id": _operation_id(method),
        "summary": summary.rstrip("."),
        "description": "\n\n".join(
            filter(None, (description.strip(), f"**Access:** {(access.__doc__ or '').strip()}"))
        ),
        "request": body,
        "responses": responses,
        "parameters": [*parameters, *([_KEY] if idempotent else [])],
        "auth": [] if access is accesses.public else None,
    }


def _operation_id(method: Callable[..., Any]) -> str:
    """Name an operation: `ParcelStatusView.patch` is `patch_parcel_status`."""
    view, _, verb = method.__qualname__.rpartition(".")
    return f"{verb}_{re.sub(r'(?<=[a-z])(?=[A-Z])', '_', view.removesuffix('View')).lower()}"


def _errors(
    access: accesses.Access,
    has_body: bool,
    has_parameters: bool,
    raises: tuple[type[ContractError], ...],
    idempotent: bool,
) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    general = [HTTPStatus.BAD_REQUEST] if has_body else []
    general += [HTTPStatus.UNPROCESSABLE_ENTITY] if has_body or has_parameters else []
    general += [HTTPStatus.UNAUTHORIZED] if access is not accesses.public else []
    general += [HTTPStatus.FORBIDDEN] if access not in (accesses.public, accesses.user) else []
    general += [HTTPStatus.CONFLICT] if idempotent else []
    for status in (*general, HTTPStatus.SERVICE_UNAVAILABLE):
        code, detail = _GENERAL[status]
        found[status][code] = detail
    if idempotent:
        found[HTTPStatus.UNPROCESSABLE_ENTITY]["request.key_reused"] = "The key came before with another request"
    for error in raises:
        found[STATUS[error.category]][error.code] = error.title
    return found


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
