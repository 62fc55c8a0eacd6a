"""The log-in as OAuth 2.0 has it: a form with the password grant (RFC 6749, section 4.3), as documentation pages and
client libraries speak it."""

from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import FormParser
from rest_framework.request import Request

from seamline.accounts.endpoints import LOG_IN
from seamline.accounts.errors import BadCredentials
from seamline.accounts.login import Accounts
from seamline.http import Endpoint, Invalid, address, endpoint, public
from seamline.http.documentation import OF_BODIES, general_problems

MAX_FORM_BYTES = 8192
_MAX_LENGTHS = {"username": 254, "password": 200}  # nosec B105  how long it may be
_FORM = {
    "type": "object",
    "required": [*_MAX_LENGTHS],
    "properties": {
        "grant_type": {"type": "string", "enum": ["password"]},
        "username": {"type": "string", "minLength": 1, "maxLength": 254, "description": "The e-mail address."},
        "password": {"type": "string", "minLength": 1, "maxLength": 200, "format": "password"},
        "scope": {"type": "string", "description": "Ignored: a token grants what its user may do."},
    },
}


class BearerToken(msgspec.Struct, frozen=True):
    """An access token, as RFC 6749 has it."""

    access_token: str
    token_type: str
    expires_in: int
    """Seconds it is good for."""
    refresh_token: str


class OAuth2Error(msgspec.Struct, frozen=True):
    """Why there is no token, as RFC 6749 has it."""

    error: str
    error_description: str


_RESPONSES = {
    200: BearerToken,
    (400, "application/json"): OAuth2Error,
    **general_problems(
        HTTPStatus.BAD_REQUEST, *OF_BODIES, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE
    ),
}


@extend_schema(request={"application/x-www-form-urlencoded": _FORM})
class OAuth2TokenView(Endpoint):
    """A module derives its own, and names it `oauth2-token` in its `urls`: the API's document says so then."""

    accounts: ClassVar[Accounts]
    # Clients send an Authorization header of their own, which is nobody's token.
    authentication_classes: ClassVar[list[type[BaseAuthentication]]] = []  # type: ignore[misc]
    parser_classes = [FormParser]

    @extend_schema(request={"application/x-www-form-urlencoded": _FORM}, responses=_RESPONSES)
    @endpoint(access=public, returns=BearerToken, throttle=LOG_IN)
    def post(self, request: Request) -> HttpResponse:
        """Log in with a form."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_FORM_BYTES:
            raise Invalid.too_large()
        form: Any = request.data
        given = {name: form.get(name, "") for name in _MAX_LENGTHS}
        if form.get("grant_type", "password") != "password":
            return _respond(OAuth2Error("unsupported_grant_type", "The grant is password"))
        if any(not text or len(text) > _MAX_LENGTHS[name] or "\0" in text for name, text in given.items()):
            return _respond(OAuth2Error("invalid_request", "A username and a password are needed"))
        try:
            tokens = self.accounts.log_in(given["username"], given["password"], address(request))
        except BadCredentials as error:
            return _respond(OAuth2Error("invalid_grant", error.title))
        return _respond(BearerToken(tokens.access, "Bearer", tokens.expires_in, tokens.refresh))


def _respond(body: BearerToken | OAuth2Error) -> HttpResponse:
    status = HTTPStatus.BAD_REQUEST if isinstance(body, OAuth2Error) else HTTPStatus.OK
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(msgspec.json.encode(body), content_type="application/json", status=status, headers=headers)
