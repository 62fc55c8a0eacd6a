"""Who may use an endpoint: users' tokens, and the access that each endpoint declares.

Tokens are JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037); any deployable checks them with the public keys
alone, without asking the module that issued them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from seamline import layout
from seamline.calls.token_cache import LEEWAY_SECONDS, verify_once
from seamline.configuration.service_keys import key_id
from seamline.http import provided_tokens

AUDIENCE = "api"
ISSUER = "seam"
ALGORITHM = "EdDSA"
UserId: TypeAlias = Any
"""A user's id, of the type that the deployable's layout says: a UUID, unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request, as their token says."""

    id: UserId
    scopes: frozenset[str]
    is_authenticated: bool = True

    def may(self, scope: str) -> bool:
        """Tell whether the token grants a scope such as `parcels:write`."""
        return scope in self.scopes


Access = Callable[[Request], None]
"""Declared per endpoint; raises what the client is told."""


def public(request: Request) -> None:
    """Anybody."""


def user(request: Request) -> None:
    """Anybody who is logged in."""
    if not isinstance(request.user, Principal):
        raise NotAuthenticated


def scope(name: str) -> Access:
    """Staff whose token grants the scope."""

    def granted(request: Request) -> None:
        user(request)
        if not cast(Principal, request.user).may(name):
            raise PermissionDenied(f"The scope {name} is needed")

    granted.__doc__ = f"Staff with the scope `{name}`."
    return granted


class DeclaredAccess(BasePermission):
    """Let a request through by the access its endpoint declares; without a declaration, nobody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        method = (request.method or "").lower()
        handler = getattr(view, method, None) if method in view.http_method_names else None
        if handler is None:
            return True  # there is nothing to reach: the view answers 405
        declared: Access | None = getattr(handler, "access", None)
        if declared is None:
            return False
        declared(request)
        return True


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if not scheme:
            return None
        if scheme.lower() != b"bearer":
            raise AuthenticationFailed("Use a bearer token")
        return principal(token.decode("latin-1")), None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def principal(token: str) -> Principal:
    """Return who an access token speaks for. Raises `AuthenticationFailed`."""
    try:
        known = provided_tokens.provider()
        keys = provided_tokens.current_keys(known) if known else public_keys()
        return verify_once(token, AUDIENCE, keys, _verify_any if known else verify, _bearer)
    except jwt.ExpiredSignatureError:
        raise AuthenticationFailed("The token has expired") from None
    except (jwt.InvalidTokenError, KeyError, ValueError, AttributeError):
        raise AuthenticationFailed("The token is not valid") from None


def _verify_any(token: str, audience: str) -> dict[str, Any]:
    known = provided_tokens.provider()
    if known and provided_tokens.is_provided(token):
        return provided_tokens.verify(token, known)
    return verify(token, audience)


def _bearer(claims: Mapping[str, Any]) -> Principal:
    return Principal(layout.current().user_id_type(claims["sub"]), frozenset(claims.get("scope", "").split()))


def verify(token: str, audience: str) -> dict[str, Any]:
    """Return the claims of a token that one of the known keys signed for `audience`.

    Raises `jwt.InvalidTokenError`, or `KeyError` for a key that is not known.
    """
    key = public_keys()[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        audience=audience,
        issuer=ISSUER,
        leeway=LEEWAY_SECONDS,
        options={"require": ["exp", "iat", "sub"]},
    )


@cache
def public_keys() -> dict[str, Ed25519PublicKey]:
    """Load the keys that users' tokens may be signed with, by key id (the thumbprint of RFC 7638)."""
    keys = [load_pem_public_key(pem.encode()) for pem in settings.JWT_PUBLIC_KEYS]
    return {key_id(key): key for key in keys if isinstance(key, Ed25519PublicKey)}
