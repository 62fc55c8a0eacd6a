"""The way to a module in another process: one POST per call, on kept-alive connections, inside the deadline."""

from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus
from typing import Any, NamedTuple

import pybreaker
import structlog
from tenacity import Retrying, retry_if_exception_type, wait_random_exponential

from seamline.calls import service_tokens, wire
from seamline.calls.bulkhead import Bulkhead
from seamline.calls.http_pool import FAILURES, ConnectionPool, TimedOut, TooLong
from seamline.calls.retry_budget import RetryBudget
from seamline.calls.wire import MAX_ANSWER, Response
from seamline.context import Context
from seamline.contract import DeadlineExceeded, Operation, Rejected, Unavailable

log = structlog.get_logger("seam.calls")

MAX_ATTEMPTS = 3
MAX_CONCURRENT_CALLS = 8
"""Calls that may be under way to one target at a time."""
ACQUIRE_TIMEOUT = 0.25
"""Seconds to wait for another call to the target to end, where there are that many."""
CONNECT_TIMEOUT = 1.0
"""Seconds to wait for a connection."""
FAILURE_THRESHOLD = 5
"""Calls to a target that must fail one after the other before it is left alone."""
RESET_TIMEOUT = 2.0
"""Seconds that it is left alone, before a call may see whether it is back."""
MIN_DEADLINE = 0.5
"""Seconds: that a call with less than this was not answered says nothing of its target."""

_STATUSES = frozenset(HTTPStatus)
_TYPES = ("application/json", "application/problem+json")


class Target(NamedTuple):
    """One module at one place, the way there, and what is known of it."""

    connections: ConnectionPool
    bulkhead: Bulkhead
    breaker: pybreaker.CircuitBreaker
    budget: RetryBudget


def circuit_breaker() -> pybreaker.CircuitBreaker:
    """For one target: Nygard, "Release It!", chapter "Stability Patterns". Every exception counts as a failure."""
    return pybreaker.CircuitBreaker(
        fail_max=FAILURE_THRESHOLD, reset_timeout=RESET_TIMEOUT, throw_new_error_on_trip=False
    )


class _NoResponse(Exception):
    """The other side could not be reached, or broke off; the call may be tried again."""


def send(url: str, operation: Operation, body: bytes, key: str, call_context: Context) -> Response:
    """Call an operation served at `url`.

    Queries are safe to repeat, commands carry their key, so both are retried while time is left. Raises
    `DeadlineExceeded`, `Unavailable` or `Rejected`.
    """
    return post(url, operation.module, operation.path, body, key, call_context)


def post(url: str, module: str, path: str, body: bytes, key: str, call_context: Context) -> Response:
    """POST encoded arguments to the contract endpoint at `url`, and give back its encoded answer."""
    target = _target(url, module)
    try:
        with target.bulkhead, _watched(target.breaker, call_context.remaining):
            return _try(target, module, path, body, key, call_context)
    except pybreaker.CircuitBreakerError:
        raise Rejected(module=module) from None
    except _NoResponse:
        raise Unavailable(module=module) from None


def _watched(breaker: pybreaker.CircuitBreaker, remaining: float) -> AbstractContextManager[object]:
    if remaining < MIN_DEADLINE and breaker.current_state == pybreaker.STATE_CLOSED:
        return nullcontext()
    # Not `call`, which holds the breaker's lock until the answer is there.
    return breaker.calling()


def _try(target: Target, *call: Any) -> Response:
    attempts = Retrying(
        stop=lambda attempt: attempt.attempt_number >= MAX_ATTEMPTS or target.budget.is_exhausted(),
        wait=wait_random_exponential(multiplier=0.02, max=0.5),
        retry=retry_if_exception_type(_NoResponse),
        after=lambda _: target.budget.failed(),
        reraise=True,
    )
    answer: Response = attempts(_post, target.connections, *call)
    target.budget.answered()
    return answer


def _post(
    connections: ConnectionPool, module: str, path: str, body: bytes, key: str, call_context: Context
) -> Response:
    remaining = call_context.remaining
    if remaining <= 0:
        raise DeadlineExceeded(module=module)
    headers = _headers(module, key, call_context, remaining)
    try:
        response = connections.post(f"/_contracts/{path}", body, headers, remaining, CONNECT_TIMEOUT, MAX_ANSWER)
    except TimedOut:
        raise DeadlineExceeded(module=module) from None
    except TooLong:
        raise wire.unreadable(path) from None
    except FAILURES as error:
        raise _NoResponse from error
    if response.status == HTTPStatus.UNAUTHORIZED:
        log.error("service_token_refused", module=module)
        raise Unavailable(module=module)
    if response.status in _STATUSES and response.content_type.startswith(_TYPES):
        return Response(response.status, response.body)
    raise _NoResponse


def _headers(module: str, key: str, call_context: Context, remaining: float) -> list[tuple[str, str]]:
    headers = [
        ("Authorization", f"Bearer {service_tokens.token_for(module)}"),
        ("Content-Type", "application/json"),
        ("X-Request-ID", call_context.request_id),
        ("X-Deadline-Ms", str(int(min(remaining, 3600) * 1000))),
    ]
    if key:
        headers.append(("Idempotency-Key", key))
    if call_context.traceparent:
        headers.append(("traceparent", call_context.traceparent))
    if call_context.actor:
        headers.append(("X-Acting-User", call_context.actor))
    return headers


def _target(url: str, module: str) -> Target:
    # `setdefault`, so that the first calls of all, at the same time, share what they learn.
    place = (url, module)
    return _targets.get(place) or _targets.setdefault(
        place,
        Target(
            ConnectionPool(url),
            Bulkhead(module, MAX_CONCURRENT_CALLS, ACQUIRE_TIMEOUT),
            circuit_breaker(),
            RetryBudget(),
        ),
    )


_targets: dict[tuple[str, str], Target] = {}
