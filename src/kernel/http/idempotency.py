"""`Idempotency-Key` on requests that have an effect: a repeat gets the stored response.

As in the IETF draft "The Idempotency-Key HTTP Header Field": same key and body replays, same key and another body is
422, a repeat while the first is under way is 409.
"""

import hmac
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from kernel.databases import RELAXED, execute, fetch
from kernel.http.access import Principal
from kernel.http.problems import CONTENT_TYPE, FieldError, Invalid, from_exception, problem

HEADER = "Idempotency-Key"
GRACE = 5.0
"""Seconds after a request had to be answered, before a repeat may take it over: its process died."""

_KEY = re.compile(r"[\x21-\x7e]{1,100}")
# A claim may be lost when the server crashes: a repeat makes the same one again.
_START = f"""
    INSERT INTO kernel_request AS r (id, owner, key, fingerprint, body, location, claimed_until, created_at)
    SELECT %(id)s, %(owner)s, %(key)s, %(fingerprint)s, '', '', now() + %(claim)s, now() FROM {RELAXED}
    ON CONFLICT (owner, key) DO UPDATE SET claimed_until = now() + %(claim)s
        WHERE r.status IS NULL AND r.claimed_until <= now() AND r.fingerprint = %(fingerprint)s
    RETURNING id
"""  # noqa: S608
_RECALL = "SELECT fingerprint, status, body, location FROM kernel_request WHERE owner = %s AND key = %s"
_FINISH = "UPDATE kernel_request SET status = %s, body = %s, location = %s WHERE id = %s"
_RELEASE = "UPDATE kernel_request SET claimed_until = now() WHERE id = %s"


def once(module: str, request: Request, body: bytes, respond: Callable[..., HttpResponse]) -> HttpResponse:
    """The response to a request, made once per key and asker.

    `respond` gets `new_id`, for what the request makes. A repeat gets the same id, also where the claim was lost in a
    crash or pruned, so that what the first try made is found, not made again. A response that says "try later" is not
    kept; a repeat goes on with the same id.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return respond(new_id=uuid.uuid4())
    if not _KEY.fullmatch(key):
        raise Invalid(f"{HEADER} must be 1 to 100 visible ASCII characters", (FieldError(HEADER, "does not fit"),))
    fingerprint = _fingerprint(f"{request.method} {request.path}\n".encode() + body)
    # Strangers do not share their keys: two who have chosen the same are told apart by what they ask.
    owner = str(request.user.id) if isinstance(request.user, Principal) else fingerprint.hex()
    request_id = _start(module, owner, key, fingerprint)
    if request_id is None:
        return _replay(module, owner, key, fingerprint)
    try:
        response = _answered(respond, request_id)
    except Exception:
        _release(module, request_id)
        raise
    _keep(module, request_id, response)
    return response


def _fingerprint(request: bytes) -> bytes:
    # Keyed, because a body may hold a password that could be guessed from a plain digest.
    return hmac.digest(settings.SECRET_KEY.encode(), request, "sha256")


def _id_of(owner: str, key: str, fingerprint: bytes) -> uuid.UUID:
    """The same for a repeat, whatever is remembered of the first; nobody else can work it out."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"{owner}\n{key}\n".encode() + fingerprint, "sha256")
    return uuid.UUID(bytes=digest[:16], version=4)


def _start(module: str, owner: str, key: str, fingerprint: bytes) -> uuid.UUID | None:
    claim = timedelta(seconds=settings.REQUEST_TIMEOUT + GRACE)
    request_id = _id_of(owner, key, fingerprint)
    values = {"id": request_id, "owner": owner, "key": key, "fingerprint": fingerprint, "claim": claim}
    return next((found for (found,) in fetch(module, _START, values)), None)


def _replay(module: str, owner: str, key: str, fingerprint: bytes) -> HttpResponse:
    known = next(iter(fetch(module, _RECALL, [owner, key])), None)
    if known is not None and bytes(known[0]) != fingerprint:
        return problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "request.key_reused",
            "Idempotency key reused",
            "This Idempotency-Key came before with another request; use a new key",
        )
    if known is None or known[1] is None:
        response = problem(
            HTTPStatus.CONFLICT, "request.in_flight", "Still under way", "The first request with this key is under way"
        )
        response["Retry-After"] = "1"
        return response
    _, status, body, location = known
    kind = CONTENT_TYPE if status >= 400 else "application/json"
    response = HttpResponse(bytes(body), status=status, content_type=kind)
    response["Idempotency-Replayed"] = "true"
    if location:
        response["Location"] = location
    return response


def _answered(respond: Callable[..., HttpResponse], request_id: uuid.UUID) -> HttpResponse:
    try:
        return respond(new_id=request_id)
    except Exception as error:
        response = from_exception(error)
        if response is None:
            raise
        return response


def _release(module: str, request_id: uuid.UUID) -> None:
    execute(module, _RELEASE, [request_id])


def _keep(module: str, request_id: uuid.UUID, response: HttpResponse) -> None:
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _release(module, request_id)
    else:
        location = response.headers.get("Location", "")
        execute(module, _FINISH, [response.status_code, response.content, location, request_id])
