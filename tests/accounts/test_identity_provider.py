"""Users' tokens of an identity provider, which is a process of its own that publishes its keys."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from rest_framework.exceptions import AuthenticationFailed

from conftest import ROOT
from seamline.calls import key_sets
from seamline.configuration.identity_providers import IdentityProvider
from seamline.contract import Unavailable
from seamline.http import principal, provided_tokens
from seamline.http.access import key_id, public_keys

USER = uuid.UUID("0000000a-da00-4000-8000-000000000001")


class Provider:
    """The process, spoken with over HTTP."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process, self.url = process, url

    def ask(self, path: str, **body: Any) -> Any:
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def token(self, algorithm: str = "RS256", **claims: Any) -> str:
        right = {"sub": str(USER), "aud": "parcels-api", "scope": "openid parcels:write"}
        token: str = self.ask("/token", algorithm=algorithm, claims=right | claims)["token"]
        return token


@pytest.fixture(scope="module")
def process() -> Iterator[Provider]:
    command = [sys.executable, "-m", "tests.accounts.issuer"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout
        yield Provider(started, started.stdout.readline().strip())
        started.kill()


@pytest.fixture
def provider(process: Provider, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """The provider, as the settings name it; nothing is known of its keys yet, and it may be asked at any time."""
    settings.IDENTITY_PROVIDER = IdentityProvider(process.url, "parcels-api")
    monkeypatch.setattr(key_sets, "RETRY_SECONDS", 0.0)
    provided_tokens.key_set.cache_clear()
    yield process
    process.process.send_signal(signal.SIGCONT)
    process.ask("/name", issuer=process.url)


@pytest.mark.parametrize("algorithm", provided_tokens.ALGORITHMS)
def test_a_token_says_who_the_user_is_and_what_they_may_do(provider: Provider, algorithm: str) -> None:
    found = principal(provider.token(algorithm))
    assert (found.id, found.scopes) == (USER, {"openid", "parcels:write"})


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": None},
        {"iss": "https://another"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"sub": 5},
        {"sub": "no-uuid"},
        {"nbf": 9999999999},
    ],
    ids=str,
)
def test_a_token_that_will_not_do_is_refused(provider: Provider, claims: dict[str, Any]) -> None:
    with pytest.raises(AuthenticationFailed):
        principal(provider.token(**claims))


def test_a_token_is_refused_that_anybody_could_have_made(provider: Provider) -> None:
    now = int(time.time())
    claims = {"iss": provider.url, "aud": "parcels-api", "sub": str(USER), "iat": now, "exp": now + 60}
    principal(provider.token())
    forged = [
        jwt.encode(claims, "secret" * 5 + "se", "HS256", {"kid": "secret"}),
        jwt.encode(claims, "", "none", {"kid": "RS256-1"}),
        jwt.encode(claims, "secret" * 8, "HS256", {"kid": next(iter(provided_tokens.key_set(settings()).keys))}),
        jwt.encode(claims, "secret" * 8, "HS256"),
    ]
    for token in forged:
        with pytest.raises(AuthenticationFailed):
            principal(token)


def settings() -> IdentityProvider:
    known = provided_tokens.provider()
    assert known
    return known


def test_our_own_keys_sign_no_token_of_the_provider_and_the_other_way_round(provider: Provider) -> None:
    own = next(iter(public_keys()))
    now = int(time.time())
    claims = {"iss": provider.url, "aud": "parcels-api", "sub": str(USER), "iat": now, "exp": now + 60}
    from django.conf import settings as django_settings

    with pytest.raises(AuthenticationFailed):
        principal(jwt.encode(claims, django_settings.JWT_PRIVATE_KEY, "EdDSA", {"kid": own}))
    with pytest.raises(AuthenticationFailed):
        principal(provider.token("EdDSA", iss="seam", aud="api"))
    assert own == key_id(public_keys()[own])


def test_a_key_that_is_new_is_fetched_and_one_that_is_gone_is_believed_no_more(provider: Provider) -> None:
    old = provider.token()
    assert principal(old).id == USER
    provider.ask("/rotate")
    assert principal(provider.token()).id == USER
    with pytest.raises(AuthenticationFailed):
        principal(old)


def test_a_provider_that_is_silent_stops_nobody_whose_key_is_known(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    principal(provider.token("ES256"))
    known, unknown = provider.token("ES256"), provider.token()
    provider.ask("/rotate")
    unknown = provider.token()
    os.kill(provider.process.pid, signal.SIGSTOP)
    monkeypatch.setattr(key_sets, "REFRESH_SECONDS", 0.0)
    monkeypatch.setattr(key_sets, "FETCH_TIMEOUT", 0.3)
    asked = count_fetches(monkeypatch)
    assert principal(known).id == USER
    monkeypatch.setattr(key_sets, "RETRY_SECONDS", 600.0)
    for _ in range(20):
        with pytest.raises(AuthenticationFailed):
            principal(unknown)
    assert len(asked) <= 2, "it is left alone after it did not answer"


def count_fetches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    fetch = provided_tokens.fetch_json

    def counted(url: str) -> dict[str, Any]:
        asked.append(url)
        return fetch(url)

    monkeypatch.setattr(provided_tokens, "fetch_json", counted)
    return asked


def test_while_no_key_is_known_a_token_is_put_off_and_not_refused(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = provider.token()
    provider.ask("/name", issuer="https://another")
    with pytest.raises(Unavailable):
        principal(token)
    provider.ask("/name", issuer=provider.url)
    assert principal(token).id == USER


def test_claims_may_have_other_names_and_ids_that_are_no_uuids(provider: Provider, settings: Any) -> None:
    token = provider.token(
        sub=None, uid="auth0|5f7c", realm_access={"roles": ["parcels:write", 5]}, **{"https://x.example/roles": ["a"]}
    )
    settings.IDENTITY_PROVIDER = IdentityProvider(provider.url, "parcels-api", "uid", "realm_access.roles", "derived")
    found = principal(token)
    assert found.id == uuid.uuid5(uuid.NAMESPACE_URL, f"{provider.url}#auth0|5f7c")
    assert found.scopes == {"parcels:write"}
    settings.IDENTITY_PROVIDER = IdentityProvider(provider.url, "parcels-api", "uid", "https://x.example/roles")
    with pytest.raises(AuthenticationFailed):
        principal(provider.token(uid="auth0|5f7c"))
