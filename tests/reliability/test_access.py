"""A user's token that was found good once is not good for ever."""

import time
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rest_framework.exceptions import AuthenticationFailed

from kernel.http import access
from tests.waiting import eventually

KEY = Ed25519PrivateKey.generate()
USER = uuid4()


@pytest.fixture(autouse=True)
def known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"key": KEY.public_key()}
    monkeypatch.setattr(access, "public_keys", lambda: keys)


def token(seconds: int) -> str:
    now = int(time.time())
    claims = {"iss": access.ISSUER, "aud": access.AUDIENCE, "sub": str(USER), "iat": now, "exp": now + seconds}
    return jwt.encode(claims, KEY, algorithm=access.ALGORITHM, headers={"kid": "key"})


def is_good(token: str) -> bool:
    try:
        return access.principal(token).id == USER
    except AuthenticationFailed:
        return False


def test_it_is_refused_when_it_has_expired() -> None:
    brief = token(1)
    assert is_good(brief)
    eventually(lambda: is_good(brief), lambda good: not good)


def test_it_is_refused_when_its_key_is_known_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    lasting = token(60)
    assert is_good(lasting)
    monkeypatch.setattr(access, "public_keys", dict)
    assert not is_good(lasting)
