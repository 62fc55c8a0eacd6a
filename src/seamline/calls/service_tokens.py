"""Service tokens (RFC 7519): short-lived proof of who calls, good for one module, and for one request of a command.

A token is signed with the key of the deployable that sends it (`iss`), and names the module on whose behalf it does
(`sub`). A gateway that passes a call on signs a token of its own and says for whom (`obo`). What it may open is decided
in `authorization`.
"""

import hashlib
import time
from functools import cache
from typing import Any, NamedTuple

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from seamline.calls.key_sets import FetchFailed, KeySet, fetch_keys
from seamline.calls.token_cache import LEEWAY_SECONDS, verify_once
from seamline.configuration.service_keys import ANY, Issuer, is_development_key, key_id
from seamline.module import active
from seamline.setting_errors import invalid_setting

LIFETIME_SECONDS = 60
"""How long a token is good for."""
RENEW_SECONDS = 30
"""How long a token is used, before the next one is made."""
JWKS_PREFIX = "service."
"""Of the ids of these keys: a set of keys has those of users' tokens too, and neither are good for the other."""
_ALGORITHM, _SHARED_ALGORITHM = "EdDSA", "HS256"
_TYPE = "service+jwt"
"""As RFC 8725 recommends, so that a token made for something else is never taken for one of these."""

log = structlog.get_logger("seam.calls")


class BadToken(Exception):
    """The token is missing, expired, forged, or meant for another."""


class Caller(NamedTuple):
    """Who calls, as a token proves it."""

    issuer: Issuer
    """The deployable that sent the call."""
    module: str | None
    """The module that it calls for; None for a gateway's own work that is no module's."""
    on_behalf_of: str | None = None
    """The deployable whose call a gateway passes on."""
    digest: str | None = None
    """Of the one request that the token is good for; None where it is good for any query."""
    is_shared: bool = False
    """Whether it is signed with the shared secret of revisions before 0.9, which proves none of this."""


def token_for(audience: str, module: str | None = None, on_behalf_of: str | None = None) -> str:
    """Return a token that lets a module of this deployable query `audience`; the same one for half a minute."""
    if settings.SERVICE_KEYS_MODE == "sign":
        return _sign_shared(audience)
    period, wanted = int(time.time() // RENEW_SECONDS), (audience, module, on_behalf_of)
    cached = _signed.get(wanted)
    if cached and cached[0] == period:
        return cached[1]
    token = _sign(audience, module, on_behalf_of)
    if len(_signed) >= _MAX_SIGNED:
        _signed.clear()
    _signed[wanted] = (period, token)
    return token


def token_for_request(audience: str, digest: str, module: str | None = None, on_behalf_of: str | None = None) -> str:
    """Return a token that is good for the one request with this digest, as a command needs it."""
    if settings.SERVICE_KEYS_MODE == "sign":
        return _sign_shared(audience)
    return _sign(audience, module, on_behalf_of, req=digest)


def digest_of(path: str, key: str, actor: str, body: bytes) -> str:
    """Compute the digest of a request: what it asks for, under which key, for which user, with which arguments."""
    head = f"POST\n{path}\n{key}\n{actor}\n".encode()
    return hashlib.sha256(head + body).hexdigest()


def sign(claims: dict[str, Any]) -> str:
    """Sign claims with the key of this deployable. Raises `ImproperlyConfigured` where it has none."""
    if not settings.SERVICE_PRIVATE_KEYS:
        raise invalid_setting("SERVICE_PRIVATE_KEY", "", "an Ed25519 key as PEM where others are called, which is here")
    key = settings.SERVICE_PRIVATE_KEYS[0]
    return jwt.encode(
        claims, key, algorithm=_ALGORITHM, headers={"kid": _key_id(key), "typ": _TYPE, "iss": claims["iss"]}
    )


def verify(token: str, audience: str) -> Caller:
    """Return who calls `audience` with this token. Raises `BadToken`."""
    return verify_once(token, f"module:{audience}", settings.SERVICE_ISSUERS, _verify, _caller, _is_reusable)


def verify_from_gateway(token: str, audience: str) -> dict[str, Any]:
    """Return the claims of a token that a gateway signed for `audience`. Raises `BadToken`."""
    claims = _verify(token, audience)
    if claims["shared"] or not settings.SERVICE_ISSUERS[claims["iss"]].is_gateway:
        raise BadToken(f"{str(claims['iss'])[:60]} is no gateway")
    return claims


def _is_reusable(caller: Caller) -> bool:
    return caller.digest is None


def _caller(claims: dict[str, Any]) -> Caller:
    if claims["shared"]:
        # All who have the secret are one: it proves no more than that.
        return Caller(Issuer(str(claims["iss"]), frozenset({ANY})), None, is_shared=True)
    return Caller(settings.SERVICE_ISSUERS[claims["iss"]], claims.get("sub"), claims.get("obo"), claims.get("req"))


def _verify(token: str, audience: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        is_shared = header.get("alg") == _SHARED_ALGORITHM and settings.SERVICE_KEYS_MODE != "off"
        key: Any = settings.SERVICE_KEYS[header["kid"]] if is_shared else _public_key(header)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[_SHARED_ALGORITHM if is_shared else _ALGORITHM],
            audience=audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud"], "strict_aud": True},
        )
        if not is_shared and claims["iss"] != header["iss"]:
            raise BadToken("its header names another issuer")
        if claims["exp"] - claims["iat"] > LIFETIME_SECONDS:
            raise BadToken(f"it is good for longer than {LIFETIME_SECONDS} seconds")
        for name in ("sub", "obo", "req"):
            if not isinstance(claims.get(name), str | None):
                raise BadToken(f"{name} is no text")
    except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
        raise BadToken(str(error)) from None
    if is_shared:
        _warn_of_shared_keys()
    return claims | {"shared": is_shared}


def _public_key(header: dict[str, Any]) -> Ed25519PublicKey:
    if header.get("typ") != _TYPE:
        raise BadToken("it is no service token")
    # Also in the header, as RFC 7519 (section 5.3) allows, so that the claims are read once.
    name = header.get("iss")
    issuer = settings.SERVICE_ISSUERS.get(name) if isinstance(name, str) else None
    if issuer is None:
        raise BadToken(f"{str(name)[:60]!r} is no peer: SERVICE_PEERS has it not")
    kid = str(header.get("kid"))
    found: Ed25519PublicKey | None = issuer.keys.get(kid)
    for url in () if found else issuer.jwks:
        found = found or _key_set(issuer.name, url).find(kid)
    if found is None:
        raise BadToken(f"{issuer.name} has no key {kid[:60]!r}")
    return found


@cache
def _key_set(name: str, url: str) -> KeySet:
    def load() -> dict[str, Ed25519PublicKey]:
        keys = {}
        for kid, key in fetch_keys(f"{url}/.well-known/jwks.json").items():
            if not kid.startswith(JWKS_PREFIX) or not isinstance(key.key, Ed25519PublicKey):
                continue
            if not settings.DEVELOPMENT and is_development_key(key.key, name):
                raise FetchFailed(f"{name} has development's key, which everybody can derive from its name")
            keys[kid.removeprefix(JWKS_PREFIX)] = key.key
        return keys

    return KeySet(name, load)


def _sign(audience: str, module: str | None, on_behalf_of: str | None, **claims: str) -> str:
    now = int(time.time())
    payload: dict[str, Any] = claims | {"iss": settings.SERVICE_NAME, "aud": f"module:{audience}"}
    if speaker := module or _only_module():
        payload["sub"] = speaker
    if on_behalf_of:
        payload["obo"] = on_behalf_of
    return sign(payload | {"iat": now, "exp": now + LIFETIME_SECONDS})


@cache
def _key_id(key: Ed25519PrivateKey) -> str:
    return key_id(key.public_key())


def _only_module() -> str | None:
    """Name the module that a deployable of one module speaks for, whatever it does."""
    return next(iter(active())) if len(active()) == 1 else None


def _sign_shared(audience: str) -> str:
    _warn_of_shared_keys()
    kid, key = next(iter(settings.SERVICE_KEYS.items()))
    now = int(time.time())
    claims = {"iss": settings.SERVICE_NAME, "aud": f"module:{audience}", "iat": now, "exp": now + LIFETIME_SECONDS}
    return jwt.encode(claims, key, algorithm=_SHARED_ALGORITHM, headers={"kid": kid})


@cache
def _warn_of_shared_keys() -> None:
    log.warning("shared_service_keys_deprecated", setting="SERVICE_KEYS_MODE", value=settings.SERVICE_KEYS_MODE)


_MAX_SIGNED = 2000
_signed: dict[tuple[str, str | None, str | None], tuple[int, str]] = {}
