"""The way to a module in another process: one POST per call, on kept-alive connections, inside the deadline."""

from functools import cache
from http import HTTPStatus

import pybreaker
import structlog
import urllib3
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from contracts.language import DeadlineExceeded, Operation, Rejected, Unavailable
from kernel.calls import tokens
from kernel.calls.wire import Answer
from kernel.context import Context

log = structlog.get_logger("seam.calls")

ATTEMPTS = 3
POOL_SIZE = 8
"""Calls that may be under way to one target at a time."""
CONNECT = 1.0
"""Seconds to wait for a connection."""
QUEUE = 0.25
"""Seconds to wait for another call to the target to end, where there are that many."""
FAILURES = 5
"""Calls to a target that must fail one after the other before it is left alone."""
REST = 2.0
"""Seconds that it is left alone, before a call may see whether it is back."""
HURRY = 0.5
"""Seconds: that a call with less than this was not answered says nothing of its target."""
_HTTP_ERRORS = (urllib3.exceptions.HTTPError, OSError)


def circuit_breaker(*innocent: type[Exception]) -> pybreaker.CircuitBreaker:
    """For one module at one place: Nygard, "Release It!", chapter "Stability Patterns".

    Every exception counts as a failure of the target, but those that are `innocent`.
    """
    return pybreaker.CircuitBreaker(
        fail_max=FAILURES, reset_timeout=REST, exclude=[*innocent], throw_new_error_on_trip=False
    )


class _NoAnswer(Exception):
    """The other side could not be reached, or broke off; the call may be tried again."""


class _Hurried(Exception):
    """The time was too short to tell."""


def send(url: str, operation: Operation, body: bytes, key: str, circumstances: Context) -> Answer:
    """Call an operation served at `url`.

    Queries are safe to repeat, commands carry their key, so both are retried while time is left. Raises
    `DeadlineExceeded`, `Unavailable` or `Rejected`.
    """
    return post(url, operation.module, operation.path, body, key, circumstances)


def post(url: str, module: str, path: str, body: bytes, key: str, circumstances: Context) -> Answer:
    """POST encoded arguments to the contract endpoint at `url`, and give back its encoded answer."""
    hurried = circumstances.remaining < HURRY
    try:
        # Not `call`, which holds the breaker's lock until the answer is there.
        with _breaker(url, module).calling():
            try:
                return _try(url, module, path, body, key, circumstances)
            except DeadlineExceeded as late:
                raise _Hurried if hurried else late from None
    except pybreaker.CircuitBreakerError:
        raise Rejected(module=module) from None
    except _Hurried:
        raise DeadlineExceeded(module=module) from None
    except _NoAnswer:
        raise Unavailable(module=module) from None


def _try(url: str, module: str, path: str, body: bytes, key: str, circumstances: Context) -> Answer:
    attempts = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.02, max=0.5),
        retry=retry_if_exception_type(_NoAnswer),
        reraise=True,
    )
    return attempts(_post, url, module, path, body, key, circumstances)


def _post(url: str, module: str, path: str, body: bytes, key: str, circumstances: Context) -> Answer:
    remaining = circumstances.remaining
    if remaining <= 0:
        raise DeadlineExceeded(module=module)
    try:
        response = _pool().request(
            "POST",
            f"{url}/_contracts/{path}",
            body=body,
            headers=_headers(module, key, circumstances, remaining),
            timeout=urllib3.Timeout(connect=min(CONNECT, remaining), total=remaining),
            pool_timeout=min(QUEUE, remaining),
            retries=False,
        )
    except urllib3.exceptions.EmptyPoolError:
        raise Rejected(module=module) from None
    except urllib3.exceptions.ReadTimeoutError:
        raise DeadlineExceeded(module=module) from None
    except _HTTP_ERRORS as error:
        raise _NoAnswer from error
    if response.status == HTTPStatus.UNAUTHORIZED:
        log.error("service_token_refused", module=module, url=url)
        raise Unavailable(module=module)
    if response.headers.get("Content-Type", "").startswith(("application/json", "application/problem+json")):
        return Answer(response.status, response.data)
    raise _NoAnswer


def _headers(module: str, key: str, circumstances: Context, remaining: float) -> dict[str, str]:
    headers = {
        "Authorization": f"Bearer {tokens.token_for(module)}",
        "Content-Type": "application/json",
        "X-Request-ID": circumstances.request_id,
        "X-Deadline-Ms": str(int(min(remaining, 3600) * 1000)),
    }
    if key:
        headers["Idempotency-Key"] = key
    if circumstances.traceparent:
        headers["traceparent"] = circumstances.traceparent
    if circumstances.actor:
        headers["X-Acting-User"] = circumstances.actor
    return headers


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(num_pools=32, maxsize=POOL_SIZE, block=True)


@cache
def _breaker(url: str, module: str) -> pybreaker.CircuitBreaker:
    return circuit_breaker(_Hurried, Rejected)
