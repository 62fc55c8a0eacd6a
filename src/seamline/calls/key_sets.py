"""Public keys that another process publishes (RFC 7517), remembered so that its silence stops no request."""

import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import jwt
import msgspec
import structlog

from seamline.transport.http_pool import NO_RESPONSE, ConnectionPool, ResponseTooLong, TimedOut

FETCH_TIMEOUT = 2.0
"""Seconds that a document may take to come."""
MAX_DOCUMENT_BYTES = 256 * 1024
REFRESH_SECONDS = 300.0
"""After which keys are fetched again, behind the back of those who use them."""
RETRY_SECONDS = 10.0
"""That an issuer is left alone after it was asked, whether it answered or not: an unknown key asks for it once."""
STALE_SECONDS = 86_400.0
"""That the keys of an issuer which is silent are good for."""

log = structlog.get_logger("seam.calls")
Keys = Mapping[str, Any]


class FetchFailed(Exception):
    """The document could not be had, or is none."""


class KeySet:
    """The keys of one issuer, by key id. Safe to use from several threads."""

    def __init__(self, name: str, load: Callable[[], Keys]) -> None:
        self.keys: Keys = {}
        """Replaced as a whole when they are fetched again."""
        self._name, self._load = name, load
        self._fetched = self._asked = float("-inf")
        self._fetching = threading.Lock()

    def current(self) -> Keys:
        """Return the keys that are known, and have old ones fetched again in the background."""
        now = time.monotonic()
        if self.keys and self._fetched < now - STALE_SECONDS:
            self.keys = {}
        if self.keys and self._fetched < now - REFRESH_SECONDS and self._may_ask(now) and not self._fetching.locked():
            threading.Thread(target=self._refresh, daemon=True, name=f"keys of {self._name}").start()
        return self.keys

    def find(self, key_id: str) -> Any:
        """Return a key, None where the issuer has none of this id. A key that is known is never waited for."""
        if key_id not in self.current():
            self._refresh()
        return self.keys.get(key_id)

    def _may_ask(self, now: float) -> bool:
        return self._asked < now - RETRY_SECONDS

    def _refresh(self) -> None:
        # Whoever comes while it is fetched waits for that, and does not ask once more.
        with self._fetching:
            if not self._may_ask(time.monotonic()):
                return
            try:
                self.keys = self._load()
                self._fetched = time.monotonic()
            except FetchFailed as error:
                log.warning("keys_not_fetched", issuer=self._name, error=str(error))
            finally:
                self._asked = time.monotonic()


def fetch_keys(url: str) -> dict[str, jwt.PyJWK]:
    """Fetch a JSON Web Key Set; keys that cannot be used are left out. Raises `FetchFailed`."""
    document = fetch_json(url)
    try:
        keys = jwt.PyJWKSet.from_dict(document).keys
    except (jwt.PyJWTError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise FetchFailed(f"{url} has no keys: {error}") from None
    return {key.key_id: key for key in keys if key.key_id and key.public_key_use in (None, "sig")}


def fetch_json(url: str) -> dict[str, Any]:
    """GET an object. Raises `FetchFailed`, also where it is long in coming, or too large."""
    place = urlsplit(url)
    pool = ConnectionPool(f"{place.scheme}://{place.netloc}", FETCH_TIMEOUT, max_idle=0)
    target = f"{place.path or '/'}{'?' if place.query else ''}{place.query}"
    try:
        response = pool.get(target, [("Accept", "application/json")], FETCH_TIMEOUT, MAX_DOCUMENT_BYTES)
    except (TimedOut, ResponseTooLong, ValueError, *NO_RESPONSE) as error:
        raise FetchFailed(f"{url}: {type(error).__name__}") from None
    if response.status != HTTPStatus.OK:
        raise FetchFailed(f"{url} answers {response.status}")
    try:
        return msgspec.json.decode(response.body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise FetchFailed(f"{url} is no JSON object") from None
