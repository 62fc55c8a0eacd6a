"""The client of a module in another process: one POST per call, on kept-alive connections, inside the deadline."""

from http import HTTPStatus
from typing import NamedTuple

import msgspec
import pybreaker
import structlog

from seamline import topology, versions
from seamline.calls import authorization, peers, service_tokens, wire
from seamline.calls.peers import NoResponse, Peer
from seamline.calls.wire import MAX_RESULT_BYTES, Response
from seamline.context import Context
from seamline.contract import DeadlineExceeded, Operation, Rejected, Unavailable
from seamline.transport.http_pool import NO_RESPONSE, ResponseTooLong, TimedOut

log = structlog.get_logger("seamline.calls")

MAX_DEADLINE_SECONDS = 3600
"""The most that a call says is left of its deadline."""

UNMET = "contracts.versions_do_not_meet"
"""Code of the problem that says so."""
_STATUSES = frozenset(HTTPStatus)
_CONTENT_TYPES = ("application/json", "application/problem+json")


def send(url: str, operation: Operation, body: bytes, key: str, context: Context) -> Response:
    """Call an operation served at `url`.

    Queries are safe to repeat, commands carry their key, so both are retried while time is left. Raises
    `DeadlineExceeded`, `Unavailable` or `Rejected`.
    """
    request = Request(operation.module, operation.path, body, key, is_bound=operation.is_command)
    return post(url, request, context)


class Request(NamedTuple):
    """An operation's encoded call."""

    module: str
    path: str
    body: bytes
    key: str
    is_bound: bool
    """Whether its token is good for it alone, as a command's is."""
    on_behalf_of: str | None = None
    """The deployable whose call is passed on."""

    def token(self, context: Context) -> str:
        """Sign a token for it."""
        if not self.is_bound:
            return service_tokens.token_for(self.module, context.caller, self.on_behalf_of)
        digest = service_tokens.digest_of(self.path, self.key, context.actor or "", self.body)
        return service_tokens.token_for_request(self.module, digest, context.caller, self.on_behalf_of)


def post(url: str, request: Request, context: Context) -> Response:
    """POST encoded arguments to the contract endpoint at `url`, and return its encoded response."""
    module = request.module
    peer = peers.find(url, module)
    try:
        with peer.bulkhead, peer.watch(context.remaining):
            response: Response = peer.retrying(_attempt, peer, request, context)
    except pybreaker.CircuitBreakerError:
        raise Rejected(module=module) from None
    except NoResponse:
        raise Unavailable(module=module) from None
    peer.retry_budget.record_success()
    return response


def _attempt(peer: Peer, request: Request, context: Context) -> Response:
    remaining = context.remaining
    if remaining <= 0:
        raise DeadlineExceeded(module=peer.module)
    headers = _headers(request, context, remaining)
    try:
        response = peer.connections.post(
            f"/_contracts/{request.path}", request.body, headers, remaining, MAX_RESULT_BYTES
        )
    except TimedOut:
        raise DeadlineExceeded(module=peer.module) from None
    except ResponseTooLong:
        raise wire.unreadable_response(request.path) from None
    except NO_RESPONSE as error:
        raise NoResponse from error
    if response.status == HTTPStatus.UNAUTHORIZED:
        log.error("service_token_refused", module=peer.module)
        raise Unavailable(module=peer.module)
    if response.status == HTTPStatus.FORBIDDEN and _is_refused(response.body, authorization.DENIED):
        log.error("service_call_denied", module=peer.module, operation=request.path, caller=context.caller)
        raise Unavailable(module=peer.module)
    if response.status == HTTPStatus.BAD_REQUEST and _is_refused(response.body, UNMET):
        log.error("versions_do_not_meet", module=peer.module, error=wire.decode_problem(response.body).detail)
        raise Unavailable(module=peer.module)
    if response.status in _STATUSES and response.content_type.startswith(_CONTENT_TYPES):
        return Response(response.status, response.body)
    raise NoResponse


def _is_refused(body: bytes, code: str) -> bool:
    """Tell whether the endpoint refused the call, and not the module with an error of its contract."""
    try:
        return wire.decode_problem(body).code == code
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False


def _headers(request: Request, context: Context, remaining: float) -> list[tuple[str, str]]:
    headers = [
        ("Authorization", f"Bearer {request.token(context)}"),
        ("Content-Type", "application/json"),
        ("X-Request-ID", context.request_id),
        ("X-Wire-Version", str(versions.WIRE)),
        ("X-Deadline-Ms", str(int(min(remaining, MAX_DEADLINE_SECONDS) * 1000))),
    ]
    if request.key:
        headers.append(("Idempotency-Key", request.key))
    if owner := topology.current().owners.get(request.module):
        headers.append(("X-Owner-Epoch", str(owner.epoch)))
    if context.traceparent:
        headers.append(("traceparent", context.traceparent))
    if context.actor:
        headers.append(("X-Acting-User", context.actor))
    return headers
