"""The endpoints of a log-in. A module derives its own from them, and says which `accounts` they are of."""

from typing import Annotated, ClassVar

import msgspec
from rest_framework.request import Request

from seamline.accounts.errors import BadCredentials
from seamline.accounts.login import Accounts
from seamline.accounts.tokens import Tokens
from seamline.contract import Value
from seamline.http import Endpoint, Throttle, address, endpoint, public

LOG_IN = Throttle(120, 60, by=address, name="log-in")
"""Right or wrong; what is wrong has closer bounds."""


class Credentials(Value):
    """What a user logs in with."""

    email: Annotated[str, msgspec.Meta(max_length=254, examples=["somebody@example.com"])]
    password: Annotated[str, msgspec.Meta(max_length=200, examples=["demo-password"])]


class RefreshToken(Value):
    """A refresh token, to be exchanged."""

    refresh: str


class TokenView(Endpoint):
    accounts: ClassVar[Accounts]

    @endpoint(access=public, body=Credentials, returns=Tokens, raises=(BadCredentials,), throttle=LOG_IN)
    def post(self, request: Request, body: Credentials) -> Tokens:
        """Log in."""
        return self.accounts.log_in(body.email, body.password, address(request))


class RefreshView(Endpoint):
    accounts: ClassVar[Accounts]

    @endpoint(access=public, body=RefreshToken, returns=Tokens, raises=(BadCredentials,), throttle=LOG_IN)
    def post(self, request: Request, body: RefreshToken) -> Tokens:
        """Exchange a refresh token for new tokens."""
        return self.accounts.refresh(body.refresh)
