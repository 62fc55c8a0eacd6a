"""Users' tokens of an identity provider: checked with the keys that it publishes, and read as our own are."""

import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.conf import settings

from seamline.calls.key_sets import FetchFailed, KeySet, fetch_json, fetch_keys
from seamline.calls.token_cache import LEEWAY_SECONDS
from seamline.configuration.identity_providers import IdentityProvider
from seamline.contract import Unavailable

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""Those with a public key alone: with a shared secret, whoever checks a token could issue one."""


def provider() -> IdentityProvider | None:
    """Return the provider whose tokens are accepted, None where there is none."""
    found: IdentityProvider | None = settings.IDENTITY_PROVIDER
    return found


def is_provided(token: str) -> bool:
    """Tell whether a token says that it is the provider's. Raises `jwt.InvalidTokenError` for what is no token."""
    known = provider()
    return known is not None and jwt.decode(token, options={"verify_signature": False}).get("iss") == known.issuer


def current_keys(known: IdentityProvider) -> Mapping[str, Any]:
    """Return the provider's keys as they are known now; they are refreshed in the background when they are old."""
    return key_set(known).current()


def verify(token: str, known: IdentityProvider) -> dict[str, Any]:
    """Return the claims of a token in our own words: `sub`, `scope` and `exp`.

    Raises `jwt.InvalidTokenError`, or `KeyError` for a key or a claim that is not there, and `Unavailable` while none
    of the provider's keys are known.
    """
    keys, kid = key_set(known), jwt.get_unverified_header(token)["kid"]
    key: jwt.PyJWK | None = keys.find(kid)
    if key is None and not keys.current():
        raise Unavailable(module="identity_provider")
    if key is None or key.algorithm_name not in ALGORITHMS:
        raise KeyError(kid)
    claims = jwt.decode(
        token,
        key.key,
        # The key's own: the token does not choose how it is checked.
        algorithms=[key.algorithm_name],
        audience=known.audience,
        issuer=known.issuer,
        leeway=LEEWAY_SECONDS,
        options={"require": ["exp", "iat"]},
    )
    subject = _claim(claims, known.user_claim)
    if not isinstance(subject, str) or not subject:
        raise KeyError(known.user_claim)
    if known.user_id == "derived":
        subject = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{known.issuer}#{subject}"))
    return {"sub": subject, "scope": _scopes(_claim(claims, known.scope_claim)), "exp": claims["exp"]}


@cache
def key_set(known: IdentityProvider) -> KeySet:
    """Return the key set of a provider."""
    return KeySet(known.issuer, lambda: _discover(known))


def _discover(known: IdentityProvider) -> dict[str, jwt.PyJWK]:
    document = fetch_json(known.discovery_url)
    if document.get("issuer") != known.issuer:
        raise FetchFailed(f"{known.discovery_url} is of another issuer: {str(document.get('issuer'))[:200]!r}")
    address = document.get("jwks_uri")
    # From where the document came by https, keys may not come otherwise.
    schemes = {urlsplit(known.issuer).scheme, "https"}
    if not isinstance(address, str) or urlsplit(address).scheme not in schemes:
        raise FetchFailed(f"{known.discovery_url} has no jwks_uri that can be used")
    return fetch_keys(address)


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """Find a claim by its name, which may be an address with dots in it, or by the path to it."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _scopes(value: Any) -> str:
    words = value if isinstance(value, list) else [value]
    return " ".join(word for word in words if isinstance(word, str))
