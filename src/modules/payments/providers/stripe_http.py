"""How Stripe's library reaches Stripe: within the deadline of the work under way, whatever the other end does."""

import time
from collections.abc import Mapping
from typing import Any, NoReturn

import stripe
import urllib3

from seamline.context import current

REQUEST_TIMEOUT = 4.0
"""Seconds that one request may take: an operation of ten makes two."""
MARGIN = 0.5
"""Seconds that are left to the caller, to note what it knows."""
MAX_RESPONSE_BYTES = 1024 * 1024
_CHUNK = 64 * 1024


class DeadlineClient(stripe.HTTPClient):
    """Sends a request once. Repeats are our job's, under the same idempotency key."""

    name = "urllib3"

    def __init__(self) -> None:
        super().__init__()
        self._pool = urllib3.PoolManager(maxsize=8, retries=False)

    def request(  # type: ignore[override]  # the base class says str, and takes bytes
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send it. Raises `stripe.APIConnectionError`, also where there is no time left to."""
        ends_at = time.monotonic() + min(REQUEST_TIMEOUT, current().remaining - MARGIN)
        try:
            timeout = urllib3.Timeout(total=_seconds_until(ends_at))
            response = self._pool.request(
                method.upper(), url, headers=headers, body=post_data, timeout=timeout, preload_content=False
            )
            return _read(response, ends_at), response.status, response.headers
        except urllib3.exceptions.HTTPError as error:
            _give_up(str(error))

    def close(self) -> None:
        self._pool.clear()


def _read(response: urllib3.BaseHTTPResponse, ends_at: float) -> bytes:
    body = b""
    try:
        # What is there, and not a whole chunk: that could be waited for a byte at a time.
        while chunk := response.read1(_CHUNK):
            body += chunk
            _seconds_until(ends_at)
            if len(body) > MAX_RESPONSE_BYTES:
                _give_up("the answer has no end")
    except BaseException:
        response.close()
        raise
    response.release_conn()
    return body


def _seconds_until(moment: float) -> float:
    left = moment - time.monotonic()
    return left if left > 0 else _give_up("there is no time left")


def _give_up(why: str) -> NoReturn:
    raise stripe.APIConnectionError(why, should_retry=False)  # type: ignore[no-untyped-call]
