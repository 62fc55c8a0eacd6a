"""The way to a module in another process: one POST per call, on kept-alive connections, inside the deadline."""

from functools import cache

import urllib3
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from contracts.language import DeadlineExceeded, Operation, Unavailable
from kernel.calls import tokens
from kernel.calls.wire import Answer
from kernel.context import Context

ATTEMPTS = 3
POOL_SIZE = 16
_HTTP_ERRORS = (urllib3.exceptions.HTTPError, OSError)


class _NoAnswer(Exception):
    """The other side could not be reached, or broke off; the call may be tried again."""


def send(url: str, operation: Operation, body: bytes, key: str, circumstances: Context) -> Answer:
    """Call an operation served at `url`.

    Queries are safe to repeat, commands carry their key, so both are retried while time is left. Raises
    `DeadlineExceeded` or `Unavailable`.
    """
    return post(url, operation.module, operation.path, body, key, circumstances)


def post(url: str, module: str, path: str, body: bytes, key: str, circumstances: Context) -> Answer:
    """POST encoded arguments to the contract endpoint at `url`, and give back its encoded answer."""
    attempts = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.02, max=0.5),
        retry=retry_if_exception_type(_NoAnswer),
    )
    try:
        return attempts(_post, url, module, path, body, key, circumstances)
    except RetryError:
        raise (DeadlineExceeded if circumstances.remaining <= 0 else Unavailable)(module=module) from None


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
            timeout=urllib3.Timeout(total=remaining),
            retries=False,
        )
    except urllib3.exceptions.ReadTimeoutError:
        raise DeadlineExceeded(module=module) from None
    except _HTTP_ERRORS as error:
        raise _NoAnswer from error
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
