"""Service tokens (RFC 7519): short-lived proof that a call comes from a deployable of ours, good for one module."""

import time
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import jwt
from django.conf import settings

LIFETIME_SECONDS = 60
"""Seconds a token is good for."""
MAX_CACHED_TOKENS = 1000
"""Tokens that were found good and are not checked again until they expire: each is used for half a minute."""
LEEWAY = 5
"""Seconds that the clocks of two hosts may be apart."""
_RENEW = 30
_ALGORITHM = "HS256"


class BadToken(Exception):
    """The token is missing, expired, forged, or meant for another."""


class _Checked(NamedTuple):
    issuer: str
    good_until: float
    keys: Mapping[str, str]
    """Those that it was checked with."""


def token_for(audience: str) -> str:
    """A token that lets this deployable call the module `audience`; the same one for half a minute."""
    return _sign(audience, int(time.time() // _RENEW))


def verify(token: str, audience: str) -> str:
    """The name of the deployable that signed `token` for `audience`. Raises `BadToken`."""
    known = _checked.get((token, audience))
    if known is None or known.keys is not settings.SERVICE_KEYS or time.time() >= known.good_until:
        claims = _verified(token, audience)
        if len(_checked) >= MAX_CACHED_TOKENS:
            _checked.clear()
        known = _checked[token, audience] = _Checked(claims["iss"], claims["exp"] + LEEWAY, settings.SERVICE_KEYS)
    return known.issuer


def _verified(token: str, audience: str) -> dict[str, Any]:
    try:
        key = settings.SERVICE_KEYS[jwt.get_unverified_header(token)["kid"]]
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=f"module:{audience}",
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud"]},
        )
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise BadToken(str(error)) from None
    return claims


@cache
def _keyring() -> tuple[str, str]:
    kid, key = next(iter(settings.SERVICE_KEYS.items()))
    return kid, key


def _sign(audience: str, period: int) -> str:
    cached = _signed.get(audience)
    if cached and cached[0] == period:
        return cached[1]
    kid, key = _keyring()
    now = int(time.time())
    claims = {"iss": settings.SERVICE_NAME, "aud": f"module:{audience}", "iat": now, "exp": now + LIFETIME_SECONDS}
    token = jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": kid})
    _signed[audience] = (period, token)
    return token


_checked: dict[tuple[str, str], _Checked] = {}
_signed: dict[str, tuple[int, str]] = {}
