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

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from seamline.databases import ASYNC_COMMIT, fetch
from seamline.encryption import decrypt_bytes, encrypt_bytes
from seamline.http.access import Principal
from seamline.http.problems import CONTENT_TYPE, FieldError, Invalid, from_exception, problem
from seamline.work.leases import Lease, LeaseTable, Renewer

HEADER = "Idempotency-Key"
_KEY_MADE = "seamline.idempotency_key"
"""Where a request's environment has the key that was made for it."""
LEASE_SECONDS = 4.0
"""Seconds that a lease lasts unless it is renewed: so long a repeat waits for a holder that is gone."""
RENEW_EVERY_SECONDS = 1.0
"""Seconds between renewals of a lease that is worked on."""
GRACE_SECONDS = 5.0
"""Seconds after a request had to be answered, for which its lease is still renewed."""

LEASES = LeaseTable("seamline_idempotent_request", "id", "uuid", is_open="status IS NULL", durable=False)

KEY = "[!-~]{1,100}"
"""What a key has to be, as a regular expression of any language: visible ASCII characters."""
_KEY = re.compile(KEY)
# A lease may be lost when the server crashes: a repeat makes the same one again. The first of all that come at once may
# be met on either unique key, the id's too, which is made of the same; hence no conflict target.
_START = f"""
    INSERT INTO seamline_idempotent_request
        (id, module, owner, key, fingerprint, body, location, due_at, attempts, created_at)
    SELECT %(id)s, %(module)s, %(owner)s, %(key)s, %(fingerprint)s, '', '', now() + %(lease)s, 1, now()
    FROM {ASYNC_COMMIT}
    ON CONFLICT DO NOTHING RETURNING id, attempts
"""  # noqa: S608  names and numbers of ours alone  # nosec B608
_SAME = "owner = %(owner)s AND key = %(key)s AND fingerprint = %(fingerprint)s"
_RECALL = """
    SELECT fingerprint, status, body, location, ceil(extract(epoch FROM due_at - now()))::int
    FROM seamline_idempotent_request WHERE module = %s AND owner = %s AND key = %s
"""
_RESPONSE = "status = %(status)s, body = %(body)s, location = %(location)s"


def once(module: str, request: Request, body: bytes, respond: Callable[..., HttpResponse]) -> HttpResponse:
    """The response to a request, made once per key and asker.

    `respond` gets `new_id`, for what the request makes. A repeat gets the same id, also where the lease was lost in a
    crash or pruned, so that what the first try made is found, not made again. A response that says "try later" is not
    kept; a repeat goes on with the same id.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return respond(new_id=_id_of_keyless(request, body))
    if not _KEY.fullmatch(key):
        raise Invalid(f"{HEADER} must be 1 to 100 visible ASCII characters", (FieldError(HEADER, "does not fit"),))
    owner, fingerprint = _identify(request, body)
    lease = _acquire(module, owner, key, fingerprint)
    if lease is None:
        return _replay(module, owner, key, fingerprint)
    with _renewer.holding(module, lease, settings.REQUEST_TIMEOUT + GRACE_SECONDS):
        try:
            response = _respond(respond, lease.key)
        except Exception:
            _release(module, lease)
            raise
        _keep(module, lease, response)
    return response


def key_made_for(request: HttpRequest) -> str | None:
    """Return the key under which a request without one goes on where its module has moved to meanwhile."""
    return request.META.get(_KEY_MADE)


def _id_of_keyless(request: Request, body: bytes) -> uuid.UUID:
    """Make an id that a repeat gets too, if it comes under the key that is made here."""
    key = request._request.META[_KEY_MADE] = uuid.uuid4().hex
    owner, fingerprint = _identify(request, body)
    return _id_of(owner, key, fingerprint)


def _identify(request: Request, body: bytes) -> tuple[str, bytes]:
    """Tell whose key it is, and what it was sent with."""
    fingerprint = _fingerprint(f"{request.method} {request.path}\n".encode() + body)
    # Strangers do not share their keys: two who have chosen the same are told apart by what they ask.
    return str(request.user.id) if isinstance(request.user, Principal) else fingerprint.hex(), fingerprint


def _fingerprint(request: bytes) -> bytes:
    # Keyed, because a body may hold a password that could be guessed from a plain digest.
    return hmac.digest(settings.SECRET_KEY.encode(), request, "sha256")


def _id_of(owner: str, key: str, fingerprint: bytes) -> uuid.UUID:
    """The same for a repeat, whatever is remembered of the first; nobody else can work it out."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"{owner}\n{key}\n".encode() + fingerprint, "sha256")
    return uuid.UUID(bytes=digest[:16], version=4)


def _acquire(module: str, owner: str, key: str, fingerprint: bytes) -> Lease | None:
    values = {"id": _id_of(owner, key, fingerprint), "owner": owner, "key": key, "fingerprint": fingerprint}
    started = fetch(module, _START, {**values, "module": module, "lease": timedelta(seconds=LEASE_SECONDS)})
    leased = started[0] if started else LEASES.acquire(module, _SAME, values, LEASE_SECONDS)
    return Lease(*leased) if leased else None


def _replay(module: str, owner: str, key: str, fingerprint: bytes) -> HttpResponse:
    known = next(iter(fetch(module, _RECALL, [module, owner, key])), None)
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
    response = HttpResponse(decrypt_bytes(bytes(body)), status=status, content_type=kind)
    response["Idempotency-Replayed"] = "true"
    if location:
        response["Location"] = location
    return response


def _respond(respond: Callable[..., HttpResponse], request_id: uuid.UUID) -> HttpResponse:
    try:
        return respond(new_id=request_id)
    except Exception as error:
        response = from_exception(error)
        if response is None:
            raise
        return response


def _release(module: str, lease: Lease) -> None:
    with suppress(Error):  # where the database is away, the lease lapses
        LEASES.release(module, lease)


def _keep(module: str, lease: Lease, response: HttpResponse) -> None:
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _release(module, lease)
    else:
        location = response.headers.get("Location", "")
        values = {"status": response.status_code, "body": encrypt_bytes(response.content), "location": location}
        LEASES.settle(module, lease, _RESPONSE, values)


_renewer = Renewer(LEASES, LEASE_SECONDS, RENEW_EVERY_SECONDS)
