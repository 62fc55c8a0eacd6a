"""Tokens that were verified: each is checked once, and then believed until it expires or its keys are replaced.

A signature takes longer to check than most of what is asked. Services' and users' tokens are remembered alike.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar, cast

MAX_ENTRIES = 2000
LEEWAY_SECONDS = 5
"""How far the clocks of two hosts may be apart."""

T = TypeVar("T")
Keys = Mapping[str, Any]


class _Verified(NamedTuple):
    bearer: Any
    good_until: float
    keys: Keys
    """Those that it was verified with."""


def verify_once(
    token: str,
    audience: str,
    keys: Keys,
    verify: Callable[[str, str], Mapping[str, Any]],
    bearer: Callable[[Any], T],
    is_reusable: Callable[[T], bool] = lambda _: True,
) -> T:
    """Return the `bearer` of a token, which is made of its claims.

    `verify` checks the token and returns its claims, where that was not done with the same keys before; what it raises
    is not remembered, nor is a bearer that comes once and is not `is_reusable`.
    """
    entry = _cache.get((token, audience))
    if entry is None or entry.keys is not keys or time.time() >= entry.good_until:
        claims = verify(token, audience)
        entry = _Verified(bearer(claims), claims["exp"] + LEEWAY_SECONDS, keys)
        if not is_reusable(entry.bearer):
            return cast(T, entry.bearer)
        if len(_cache) >= MAX_ENTRIES:
            _cache.clear()
        _cache[token, audience] = entry
    verified: T = entry.bearer
    return verified


_cache: dict[tuple[str, str], _Verified] = {}
