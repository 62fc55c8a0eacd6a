"""Requests of an operation: proper ones, and those that have to be refused before anything is done."""

import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import uuid4

import jwt
import msgspec
from django.conf import settings

from extraction.conformance.endpoints import Request
from extraction.conformance.pool import fits
from seamline.calls import service_tokens, wire
from seamline.calls.endpoint import PREFIX
from seamline.contract import Operation

SECONDS = 30
"""That a call may take: more than its contract allows, because the machine may be slow."""
WRONG: tuple[Any, ...] = (5, "text", [[]], {"unheard": "of"}, None, True)
"""One of these is of no type that an argument has."""
NEVER = 9999
"""A version that no contract has."""


class Improper(NamedTuple):
    """A request that is to be refused, and how."""

    what: str
    request: Request
    status: HTTPStatus


def proper(
    operation: Operation, body: bytes, path: str | None = None, speaker: str | None = None, **headers: str | None
) -> Request:
    """A call of an operation, in the name of a module; headers that are given take the place of the right ones, those
    that are None are left out."""
    path = path or operation.path
    digest = service_tokens.digest_of(path, headers.get("Idempotency_Key") or "", "", body)
    right: dict[str, str | None] = {
        "Authorization": f"Bearer {service_tokens.token_for_request(operation.module, digest, speaker)}",
        "Content-Type": "application/json",
        "X-Deadline-Ms": str(SECONDS * 1000),
        "X-Request-ID": uuid4().hex,
    }
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name: value for name, value in (right | given).items() if value is not None}
    return Request(f"{PREFIX}{path}", body, sent)


def with_body(request: Request, body: bytes) -> Request:
    """The same request with another body, and a token for that where it had one for the first."""
    bearer = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(bearer, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        claims = {}
    headers = request.headers
    if "req" in claims:
        path, key = request.path.removeprefix(PREFIX), headers.get("Idempotency-Key", "")
        module = claims["aud"].removeprefix("module:")
        token = service_tokens.token_for_request(
            module, service_tokens.digest_of(path, key, "", body), claims.get("sub")
        )
        headers = headers | {"Authorization": f"Bearer {token}"}
    return request._replace(body=body, headers=headers)


def without_time(operation: Operation, body: bytes, key: str) -> Request:
    """A proper call whose caller waits no longer."""
    return proper(operation, body, X_Deadline_Ms="0", Idempotency_Key=key or None)


def unauthenticated(operation: Operation, body: bytes) -> Iterator[Improper]:
    """Calls without a token that is good for the module."""
    claims = {"iss": settings.SERVICE_NAME, "aud": f"module:{operation.module}"}
    good = {"none": None, "an unreadable one": "Bearer unreadable"}
    good["an expired one"] = _service_token(claims, -600)
    good["one for another module"] = _service_token(claims | {"aud": "module:another"}, service_tokens.LIFETIME_SECONDS)
    if settings.JWT_PRIVATE_KEY:
        user = claims | {"aud": "api", "sub": "0000000a-da00-4000-8000-000000000001", "exp": int(time.time()) + 600}
        good["a user's"] = f"Bearer {jwt.encode(user, settings.JWT_PRIVATE_KEY, algorithm='EdDSA')}"
    for what, authorization in good.items():
        request = proper(operation, body, Authorization=authorization)
        yield Improper(f"with {what} for a service token", request, HTTPStatus.UNAUTHORIZED)


def malformed(operation: Operation, arguments: dict[str, Any]) -> Iterator[Improper]:
    """Calls that are well-formed in nothing but their address and their token."""
    body = wire.encode(arguments)
    bodies = {
        "without a body": b"",
        "with a body that breaks off": body[:-1],
        "with a body that is no text": b"\xff\xfe",
        "with a body that is no object": b'"text"',
        "with a body nested too deep": b"[" * 100_000,
    }
    for field in msgspec.structs.fields(operation.arguments):
        wrong = next((value for value in WRONG if not fits(value, field.type)), None)
        bodies[f"with a wrong {field.name}"] = wire.encode(arguments | {field.encode_name: wrong})
        if field.required:
            rest = {name: value for name, value in arguments.items() if name != field.encode_name}
            bodies[f"without {field.name}"] = wire.encode(rest)
    for what, hostile in bodies.items():
        yield Improper(what, proper(operation, hostile), HTTPStatus.UNPROCESSABLE_ENTITY)
    heads: dict[str, tuple[HTTPStatus, dict[str, str | None]]] = {
        "with a body of another type": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, {"Content_Type": "text/plain"}),
        "with a body of no type": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, {"Content_Type": None}),
        "with a body far too large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"Content_Length": "1000000000"}),
        "with a deadline that is none": (HTTPStatus.BAD_REQUEST, {"X_Deadline_Ms": "soon"}),
        "with a key that is none": (HTTPStatus.BAD_REQUEST, {"Idempotency_Key": "no key"}),
    }
    for what, (status, headers) in heads.items():
        yield Improper(what, proper(operation, body, **headers), status)
    yield Improper("by GET", proper(operation, body)._replace(method="GET"), HTTPStatus.METHOD_NOT_ALLOWED)
    another = f"{operation.contract.address.rpartition('/')[0]}/v{NEVER}/{operation.name}"
    yield Improper("in another version", proper(operation, body, another), HTTPStatus.NOT_FOUND)
    another = f"{operation.path}_of_another_name"
    yield Improper("under another name", proper(operation, body, another), HTTPStatus.NOT_FOUND)


def _service_token(claims: dict[str, Any], seconds: int) -> str:
    now = int(time.time())
    payload = claims | {"iat": now + seconds - service_tokens.LIFETIME_SECONDS, "exp": now + seconds}
    return f"Bearer {service_tokens.sign(payload)}"
