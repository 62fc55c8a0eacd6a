"""The client of a module in another process: one POST per call, on kept-alive connections, inside the deadline."""

from http import HTTPStatus

import pybreaker
import structlog

from seamline.calls import peers, service_tokens, wire
from seamline.calls.http_pool import NO_RESPONSE, ResponseTooLong, TimedOut
from seamline.calls.peers import NoResponse, Peer
from seamline.calls.wire import MAX_RESULT_BYTES, Response
from seamline.context import Context
from seamline.contract import DeadlineExceeded, Operation, Rejected, Unavailable

log = structlog.get_logger("seam.calls")

MAX_DEADLINE_SECONDS = 3600
"""The most that a call says is left of its deadline."""

_STATUSES = frozenset(HTTPStatus)
_CONTENT_TYPES = ("application/json", "application/problem+json")


def send(url: str, operation: Operation, body: bytes, key: str, context: Context) -> Response:
    """Call an operation served at `url`.

    Queries are safe to repeat, commands carry their key, so both are retried while time is left. Raises
    `DeadlineExceeded`, `Unavailable` or `Rejected`.
    """
    return post(url, operation.module, operation.path, body, key, context)


def post(url: str, module: str, path: str, body: bytes, key: str, context: Context) -> Response:
    """POST encoded arguments to the contract endpoint at `url`, and return its encoded response."""
    peer = peers.find(url, module)
    try:
        with peer.bulkhead, peer.watch(context.remaining):
            response: Response = peer.retrying(_attempt, peer, path, body, key, context)
    except pybreaker.CircuitBreakerError:
        raise Rejected(module=module) from None
    except NoResponse:
        raise Unavailable(module=module) from None
    peer.retry_budget.record_success()
    return response


def _attempt(peer: Peer, path: str, body: bytes, key: str, context: Context) -> Response:
    remaining = context.remaining
    if remaining <= 0:
        raise DeadlineExceeded(module=peer.module)
    headers = _headers(peer.module, key, context, remaining)
    try:
        response = peer.connections.post(f"/_contracts/{path}", body, headers, remaining, MAX_RESULT_BYTES)
    except TimedOut:
        raise DeadlineExceeded(module=peer.module) from None
    except ResponseTooLong:
        raise wire.unreadable_response(path) from None
    except NO_RESPONSE as error:
        raise NoResponse from error
    if response.status == HTTPStatus.UNAUTHORIZED:
        log.error("service_token_refused", module=peer.module)
        raise Unavailable(module=peer.module)
    if response.status in _STATUSES and response.content_type.startswith(_CONTENT_TYPES):
        return Response(response.status, response.body)
    raise NoResponse


def _headers(module: str, key: str, context: Context, remaining: float) -> list[tuple[str, str]]:
    headers = [
        ("Authorization", f"Bearer {service_tokens.token_for(module)}"),
        ("Content-Type", "application/json"),
        ("X-Request-ID", context.request_id),
        ("X-Deadline-Ms", str(int(min(remaining, MAX_DEADLINE_SECONDS) * 1000))),
    ]
    if key:
        headers.append(("Idempotency-Key", key))
    if context.traceparent:
        headers.append(("traceparent", context.traceparent))
    if context.actor:
        headers.append(("X-Acting-User", context.actor))
    return headers
