"""Access tokens: what opens the API, and what does not."""

import time
from typing import Any

import environ
import jwt
import pytest

from seamline.configuration.keys import user_token_keys
from tests.client import Client
from tests.shop import Customer

PROTECTED = [
    ("GET", "/users/me"),
    ("GET", "/orders"),
    ("GET", "/notifications"),
    ("POST", "/orders"),
    ("POST", "/products"),
]


def signed(token: str, **changes: Any) -> str:
    """A token with some claims changed, signed with the key that every deployable trusts in development."""
    key, _ = user_token_keys(environ.Env(), development=True)
    assert key
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode({**claims, **changes}, key, "EdDSA", jwt.get_unverified_header(token))


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_without_a_token_there_is_no_entry(anonymous: Client, method: str, path: str) -> None:
    answer = anonymous.send(method, path, b"{}" if method == "POST" else None, {"Content-Type": "application/json"})
    answer.refused(401, "request.unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "", "é"])
def test_nonsense_is_no_token(anonymous: Client, token: str) -> None:
    anonymous.bearing(token).get("/users/me").refused(401)


def test_another_scheme_is_refused(anonymous: Client) -> None:
    anonymous.get("/users/me", Authorization="Basic YWRhOmRlbW8=").refused(401)


def test_a_token_is_good_until_it_expires(passer_by: Customer) -> None:
    token, now = str(passer_by.client.token), int(time.time())
    passer_by.client.bearing(signed(token, exp=now + 60)).get("/users/me").expect(200)
    passer_by.client.bearing(signed(token, exp=now - 60)).get("/users/me").refused(401)


@pytest.mark.parametrize("changes", [{"aud": "elsewhere"}, {"iss": "somebody"}, {"sub": "nobody"}], ids=str)
def test_a_token_for_another_purpose_is_refused(passer_by: Customer, changes: dict[str, Any]) -> None:
    token = str(passer_by.client.token)
    passer_by.client.bearing(signed(token, **changes)).get("/users/me").refused(401)


def test_a_forged_signature_is_refused(passer_by: Customer) -> None:
    head, claims, signature = str(passer_by.client.token).split(".")
    forged = f"{head}.{claims}.{signature[::-1]}"
    passer_by.client.bearing(forged).get("/users/me").refused(401)


def test_an_unsigned_token_is_refused(passer_by: Customer) -> None:
    token = str(passer_by.client.token)
    claims = jwt.decode(token, options={"verify_signature": False})
    header = {"kid": jwt.get_unverified_header(token)["kid"]}
    for forged in (
        jwt.encode(claims, "", "none", header),
        jwt.encode(claims, "a-secret-of-at-least-32-characters", "HS256", header),
    ):
        passer_by.client.bearing(forged).get("/users/me").refused(401)


def test_anybody_can_check_a_token_with_the_published_keys(passer_by: Customer) -> None:
    keys = jwt.PyJWKSet.from_dict(passer_by.client.page("/.well-known/jwks.json").expect(200))
    token = str(passer_by.client.token)
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["EdDSA"], audience="api")
    assert claims["sub"] == passer_by.id


def test_a_users_token_opens_no_contract(passer_by: Customer) -> None:
    contracts = passer_by.client.base_url + "/_contracts/inventory/v1/stock"
    passer_by.client.post(contracts, {"sku": "MUG-BLUE"}).refused(401)
