"""A user's token that was found good once is not good for ever."""

import time
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rest_framework.exceptions import AuthenticationFailed

from seamline.http import access
from tests.waiting import eventually

KEY = Ed25519PrivateKey.generate()
USER = uuid4()


@pytest.fixture(autouse=True)
def known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"key": KEY.public_key()}
    monkeypatch.setattr(access, "public_keys", lambda: keys)


def token(seconds: int, ahead: int = 0) -> str:
    """One that was issued now, by a clock that is `ahead`."""
    now = int(time.time()) + ahead
    claims = {"iss": access.ISSUER, "aud": access.AUDIENCE, "sub": str(USER), "iat": now, "exp": now + seconds}
    return jwt.encode(claims, KEY, algorithm=access.ALGORITHM, headers={"kid": "key"})


def is_good(token: str) -> bool:
    try:
        return access.principal(token).id == USER
    except AuthenticationFailed:
        return False


def test_it_is_refused_when_it_has_expired() -> None:
    brief = token(60, ahead=-63)
    assert is_good(brief)
    eventually(lambda: is_good(brief), lambda good: not good)


@pytest.mark.parametrize(("ahead", "good"), [(3, True), (-63, True), (20, False), (-80, False)])
def test_the_clocks_of_two_hosts_may_be_a_few_seconds_apart(ahead: int, good: bool) -> None:
    assert is_good(token(60, ahead)) is good


def test_it_is_refused_when_its_key_is_known_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    lasting = token(60)
    assert is_good(lasting)
    monkeypatch.setattr(access, "public_keys", dict)
    assert not is_good(lasting)
