"""Access and refresh tokens, signed with the private key that only this module uses."""

import time
from functools import cache
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

from modules.users.errors import BadCredentials
from seamline.http import access
from seamline.module import setting
from seamline.setting_errors import invalid_setting

_REFRESH = "refresh"


class Tokens(msgspec.Struct, frozen=True):
    """What a user proves with who they are."""

    access: str
    """Sent as `Authorization: Bearer …`."""
    refresh: str
    """Good for new tokens at `/auth/token/refresh`."""
    expires_in: int
    """Seconds the access token is good for."""


def issue(user_id: UUID, scopes: str) -> Tokens:
    """Tokens for a user."""
    seconds = int(setting("users", "ACCESS_MINUTES")) * 60
    days = int(setting("users", "REFRESH_DAYS"))
    return Tokens(
        access=_sign(user_id, access.AUDIENCE, seconds, scope=scopes),
        refresh=_sign(user_id, _REFRESH, days * 86_400),
        expires_in=seconds,
    )


def refreshed(token: str) -> UUID:
    """The user that a refresh token is of. Raises `BadCredentials`."""
    try:
        return UUID(access.verify(token, _REFRESH)["sub"])
    except (jwt.InvalidTokenError, KeyError, ValueError, AttributeError):
        raise BadCredentials() from None


def check_settings() -> None:
    """Find out at start that tokens cannot be issued, not at a login. Raises `ImproperlyConfigured`."""
    _key()
    for name in ("ACCESS_MINUTES", "REFRESH_DAYS"):
        if not setting("users", name).isdecimal():
            raise invalid_setting(f"USERS_{name}", setting("users", name), "a whole number, such as 15")


def _sign(user_id: UUID, audience: str, seconds: int, **claims: str) -> str:
    now = int(time.time())
    claims |= {"iss": access.ISSUER, "aud": audience, "sub": str(user_id)}
    return jwt.encode(
        {**claims, "iat": now, "exp": now + seconds},
        _key(),
        algorithm=access.ALGORITHM,
        headers={"kid": access.key_id(_key().public_key())},
    )


@cache
def _key() -> Ed25519PrivateKey:
    if not settings.JWT_PRIVATE_KEY:
        raise invalid_setting(
            "JWT_PRIVATE_KEY", "", "an Ed25519 key as PEM where users' tokens are issued, which is here"
        )
    key = load_pem_private_key(settings.JWT_PRIVATE_KEY.encode(), password=None)
    assert isinstance(key, Ed25519PrivateKey), "the settings hold no other"  # noqa: S101 - for the type checker
    return key
