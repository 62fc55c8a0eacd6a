"""`Idempotency-Key` on requests that have an effect: a repeat gets the stored response.

As in the IETF draft "The Idempotency-Key HTTP Header Field": same key and body replays, same key and another body is
422, a repeat while the first is under way is 409.
"""

import hmac
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import NamedTuple

from django.conf import settings
from django.db import Error
from django.http import HttpResponse
from rest_framework.request import Request

from seamline.databases import ASYNC_COMMIT, execute, fetch
from seamline.http.access import Principal
from seamline.http.problems import CONTENT_TYPE, FieldError, Invalid, from_exception, problem
from seamline.work.renewal import Renewer, Token

HEADER = "Idempotency-Key"
CLAIM = 4.0
"""Seconds that a claim holds unless it is renewed: so long a repeat waits for a holder that is gone."""
RENEW = 1.0
"""Seconds between renewals of a claim that is worked on."""
GRACE = 5.0
"""Seconds after a request had to be answered, for which its claim is still renewed."""

_KEY = re.compile(r"[\x21-\x7e]{1,100}")
# A claim may be lost when the server crashes: a repeat makes the same one again. The first of all that come at once may
# be met on either unique key, the id's too, which is made of the same; hence no conflict target.
_START = f"""
    INSERT INTO seamline_idempotent_request
        (id, owner, key, fingerprint, body, location, claimed_until, attempts, created_at)
    SELECT %(id)s, %(owner)s, %(key)s, %(fingerprint)s, '', '', now() + %(claim)s, 1, now() FROM {ASYNC_COMMIT}
    ON CONFLICT DO NOTHING RETURNING id, attempts
"""  # noqa: S608
_TAKE_OVER = f"""
    UPDATE seamline_idempotent_request SET claimed_until = now() + %(claim)s, attempts = attempts + 1
    FROM {ASYNC_COMMIT}
    WHERE owner = %(owner)s AND key = %(key)s AND fingerprint = %(fingerprint)s
      AND status IS NULL AND claimed_until <= now()
    RETURNING id, attempts
"""  # noqa: S608
_RECALL = """
    SELECT fingerprint, status, body, location, ceil(extract(epoch FROM claimed_until - now()))::int
    FROM seamline_idempotent_request WHERE owner = %s AND key = %s
"""
# Compare-and-set: only who claimed it last may settle it.
_FINISH = """
    UPDATE seamline_idempotent_request SET status = %s, body = %s, location = %s
    WHERE id = %s AND attempts = %s AND status IS NULL
"""
_RELEASE = (
    "UPDATE seamline_idempotent_request SET claimed_until = now() WHERE id = %s AND attempts = %s AND status IS NULL"
)
_RENEW = """
    UPDATE seamline_idempotent_request SET claimed_until = now() + %s
    WHERE (id, attempts) IN (SELECT * FROM unnest(%s::uuid[], %s::int[])) AND status IS NULL
"""


class _Claim(NamedTuple):
    """A request that this process may answer, until the claim lapses and another one takes it over."""

    id: uuid.UUID
    attempts: int


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
    claim = _start(module, owner, key, fingerprint)
    if claim is None:
        return _replay(module, owner, key, fingerprint)
    with _renewer.holding(module, claim, settings.REQUEST_TIMEOUT + GRACE):
        try:
            response = _answered(respond, claim.id)
        except Exception:
            _release(module, claim)
            raise
        _keep(module, claim, response)
    return response


def _fingerprint(request: bytes) -> bytes:
    # Keyed, because a body may hold a password that could be guessed from a plain digest.
    return hmac.digest(settings.SECRET_KEY.encode(), request, "sha256")


def _id_of(owner: str, key: str, fingerprint: bytes) -> uuid.UUID:
    """The same for a repeat, whatever is remembered of the first; nobody else can work it out."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"{owner}\n{key}\n".encode() + fingerprint, "sha256")
    return uuid.UUID(bytes=digest[:16], version=4)


def _start(module: str, owner: str, key: str, fingerprint: bytes) -> _Claim | None:
    request_id, claim = _id_of(owner, key, fingerprint), timedelta(seconds=CLAIM)
    values = {"id": request_id, "owner": owner, "key": key, "fingerprint": fingerprint, "claim": claim}
    rows = fetch(module, _START, values) or fetch(module, _TAKE_OVER, values)
    return _Claim(*rows[0]) if rows else None


def _renew(module: str, claims: list[Token]) -> None:
    ids, attempts = zip(*claims, strict=True)
    execute(module, _RENEW, [timedelta(seconds=CLAIM), list(ids), list(attempts)])


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
        # Then it is answered, or its holder is gone and a repeat takes it over; else it is really still under way.
        response["Retry-After"] = str(max(1, known[4])) if known else "1"
        return response
    _, status, body, location, _ = known
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


def _release(module: str, claim: _Claim) -> None:
    with suppress(Error):  # where the database is away, the claim lapses
        execute(module, _RELEASE, claim)


def _keep(module: str, claim: _Claim, response: HttpResponse) -> None:
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _release(module, claim)
    else:
        location = response.headers.get("Location", "")
        execute(module, _FINISH, [response.status_code, response.content, location, *claim])


_renewer = Renewer(RENEW, _renew)
