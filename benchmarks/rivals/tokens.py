"""Users' tokens for the rivals: signed with Ed25519 as Seam's are, and checked at every request."""

import os
import time
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def settings() -> dict[str, str]:
    """What tells a rival with which key to check."""
    pem = _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {"TOKEN_KEY": pem.decode()}


def token(user: str) -> str:
    """A token of a user's, for an hour."""
    now = int(time.time())
    return jwt.encode({"iss": "bench", "aud": "api", "sub": user, "iat": now, "exp": now + 3600}, _KEY, "EdDSA")


def user_of(authorization: str) -> str:
    """Whose token it is. Raises `jwt.InvalidTokenError`."""
    claims = jwt.decode(
        authorization.removeprefix("Bearer "), _public_key(), algorithms=["EdDSA"], audience="api", issuer="bench"
    )
    return str(claims["sub"])


@cache
def _public_key() -> Ed25519PublicKey:
    key = load_pem_public_key(os.environ["TOKEN_KEY"].encode())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("TOKEN_KEY is no Ed25519 key")
    return key
