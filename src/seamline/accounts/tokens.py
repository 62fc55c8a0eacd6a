"""Access and refresh tokens, signed with the private key that only their issuer has."""

import time
import uuid
from datetime import timedelta
from functools import cache
from typing import NamedTuple

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

from seamline.accounts.errors import BadCredentials
from seamline.accounts.log_ins import Turn
from seamline.configuration.service_keys import key_id
from seamline.http import access
from seamline.http.access import UserId
from seamline.layout import current
from seamline.module import setting
from seamline.setting_errors import invalid_setting, is_whole_number

REFRESH_AUDIENCE = "refresh"
LIFETIMES = {"ACCESS_MINUTES": 1_000_000, "REFRESH_DAYS": 10_000}
"""Settings of the module that issues tokens, and the largest that each may be."""


class Tokens(msgspec.Struct, frozen=True):
    """What a user proves with who they are."""

    access: str
    """Sent as `Authorization: Bearer …`."""
    refresh: str
    """Good for new tokens at `/auth/token/refresh`."""
    expires_in: int
    """Seconds the access token is good for."""


class Refresh(NamedTuple):
    """What a refresh token says."""

    user_id: UserId
    turn: Turn


def issue(module: str, user_id: UserId, scopes: str, turn: Turn) -> Tokens:
    """Issue tokens for a log-in of a user of a module, good for as long as its settings say."""
    seconds = int(setting(module, "ACCESS_MINUTES")) * 60
    lifetime = int(refresh_lifetime(module).total_seconds())
    return Tokens(
        access=sign(user_id, access.AUDIENCE, seconds, scope=scopes),
        refresh=sign(user_id, REFRESH_AUDIENCE, lifetime, log_in=str(turn.log_in), turn=str(turn.exchanges)),
        expires_in=seconds,
    )


def refresh_lifetime(module: str) -> timedelta:
    """Work out how long a refresh token is good for."""
    return timedelta(days=int(setting(module, "REFRESH_DAYS")))


def verify_refresh_token(token: str) -> Refresh:
    """Read a refresh token. Raises `BadCredentials`."""
    try:
        claims = access.verify(token, REFRESH_AUDIENCE)
        return Refresh(current().user_id_type(claims["sub"]), Turn(uuid.UUID(claims["log_in"]), int(claims["turn"])))
    except (jwt.InvalidTokenError, KeyError, ValueError, AttributeError):
        raise BadCredentials() from None


def check_settings(module: str) -> None:
    """Find out at start that tokens cannot be issued, not at a log-in. Raises `ImproperlyConfigured`."""
    _signing_key()
    for name, largest in LIFETIMES.items():
        if not is_whole_number(setting(module, name), 1, largest):
            expected = f"a number from 1 to {largest}, such as 15"
            raise invalid_setting(f"{module}_{name}".upper(), setting(module, name), expected)


def sign(user_id: UserId, audience: str, seconds: int, **claims: str) -> str:
    """Sign a token that speaks for a user for so many seconds."""
    now = int(time.time())
    claims |= {"iss": access.ISSUER, "aud": audience, "sub": str(user_id)}
    return jwt.encode(
        {**claims, "iat": now, "exp": now + seconds},
        _signing_key(),
        algorithm=access.ALGORITHM,
        headers={"kid": key_id(_signing_key().public_key())},
    )


@cache
def _signing_key() -> Ed25519PrivateKey:
    if not settings.JWT_PRIVATE_KEY:
        raise invalid_setting(
            "JWT_PRIVATE_KEY", "", "an Ed25519 key as PEM where users' tokens are issued, which is here"
        )
    key = load_pem_private_key(settings.JWT_PRIVATE_KEY.encode(), password=None)
    assert isinstance(key, Ed25519PrivateKey), "the settings hold no other"  # noqa: S101 - for the type checker  # nosec B101
    return key
