"""Service tokens (RFC 7519): short-lived proof that a call comes from a deployable of ours, good for one module."""

import time
from functools import cache
from typing import Any

import jwt
from django.conf import settings

from seamline.calls.token_cache import LEEWAY_SECONDS, verify_once

LIFETIME_SECONDS = 60
"""How long a token is good for."""
RENEW_SECONDS = 30
"""How long a token is used, before the next one is made."""
_ALGORITHM = "HS256"


class BadToken(Exception):
    """The token is missing, expired, forged, or meant for another."""


def token_for(audience: str) -> str:
    """Return a token that lets this deployable call the module `audience`; the same one for half a minute."""
    return _sign(audience, int(time.time() // RENEW_SECONDS))


def verify(token: str, audience: str) -> str:
    """Return the name of the deployable that signed `token` for `audience`. Raises `BadToken`."""
    return verify_once(token, f"module:{audience}", settings.SERVICE_KEYS, _verify, _issuer)


def _issuer(claims: dict[str, Any]) -> str:
    return str(claims["iss"])


def _verify(token: str, audience: str) -> dict[str, Any]:
    try:
        key = settings.SERVICE_KEYS[jwt.get_unverified_header(token)["kid"]]
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud"]},
        )
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise BadToken(str(error)) from None
    return claims


@cache
def _signing_key() -> tuple[str, str]:
    kid, key = next(iter(settings.SERVICE_KEYS.items()))
    return kid, key


def _sign(audience: str, period: int) -> str:
    cached = _signed.get(audience)
    if cached and cached[0] == period:
        return cached[1]
    kid, key = _signing_key()
    now = int(time.time())
    claims = {"iss": settings.SERVICE_NAME, "aud": f"module:{audience}", "iat": now, "exp": now + LIFETIME_SECONDS}
    token = jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": kid})
    _signed[audience] = (period, token)
    return token


_signed: dict[str, tuple[int, str]] = {}
