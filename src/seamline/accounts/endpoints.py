"""The endpoints of a log-in. A module derives its own from them, and says which `accounts` they are of."""

from typing import Annotated, ClassVar

import msgspec
from rest_framework.request import Request

from seamline.accounts.errors import BadConfirmationToken, BadCredentials, BadResetToken, WeakPassword
from seamline.accounts.login import Accounts
from seamline.accounts.passwords import Password
from seamline.accounts.tokens import Tokens
from seamline.contract import Value
from seamline.http import Endpoint, Throttle, address, endpoint, public, user

LOG_IN = Throttle(120, 60, by=address, name="log-in")
"""Right or wrong; what is wrong has closer bounds."""
REGISTRATIONS = Throttle(20, 3600, by=address, name="registrations")
RESET = Throttle(20, 3600, by=address, name="password-resets")


class Credentials(Value):
    """What a user logs in with."""

    email: Annotated[str, msgspec.Meta(max_length=254, examples=["somebody@example.com"])]
    password: Annotated[str, msgspec.Meta(max_length=200, examples=["demo-password"])]


class RefreshToken(Value):
    """A refresh token, to be exchanged."""

    refresh: Annotated[str, msgspec.Meta(max_length=4096)]


class LogOut(Value):
    """Which log-in ends."""

    refresh: Annotated[str, msgspec.Meta(max_length=4096)]
    everywhere: bool = False
    """Whether all log-ins of the user end."""


class PasswordChange(Value):
    """The password as it is, and as it is to be."""

    old: Annotated[str, msgspec.Meta(max_length=200, examples=["the-one-before"])]
    new: Password


class PasswordReset(Value):
    """Whose password was forgotten."""

    email: Annotated[str, msgspec.Meta(max_length=254, examples=["somebody@example.com"])]


class Confirmation(Value):
    """The token that came by mail."""

    token: Annotated[str, msgspec.Meta(max_length=4096)]


class NewPassword(Value):
    """The token that came by mail, and the password that is to be."""

    token: Annotated[str, msgspec.Meta(max_length=4096)]
    password: Password


class Accepted(Value):
    """What follows comes in its time, or does not: this says neither."""

    accepted: bool = True


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


class LogOutView(Endpoint):
    accounts: ClassVar[Accounts]

    @endpoint(access=public, body=LogOut, returns=Accepted, throttle=LOG_IN)
    def post(self, request: Request, body: LogOut) -> Accepted:
        """Log out.

        The refresh token is good no more; an access token is until it expires. A token that is not right changes
        nothing.
        """
        self.accounts.log_out(body.refresh, body.everywhere)
        return Accepted()


class PasswordView(Endpoint):
    accounts: ClassVar[Accounts]

    @endpoint(access=user, body=PasswordChange, returns=Tokens, raises=(BadCredentials, WeakPassword), throttle=LOG_IN)
    def post(self, request: Request, body: PasswordChange) -> Tokens:
        """Change one's own password.

        All log-ins end, but for the one that begins with the tokens of the answer.
        """
        return self.accounts.change_password(self.user.id, body.old, body.new, address(request))


class ConfirmationView(Endpoint):
    accounts: ClassVar[Accounts]

    @endpoint(access=public, body=Confirmation, returns=Tokens, raises=(BadConfirmationToken,), throttle=LOG_IN)
    def post(self, request: Request, body: Confirmation) -> Tokens:
        """Open the account with the token that came by mail, and log in."""
        return self.accounts.confirm(body.token)


class PasswordResetView(Endpoint):
    accounts: ClassVar[Accounts]

    @endpoint(access=public, body=PasswordReset, returns=Accepted, status=202, throttle=RESET)
    def post(self, request: Request, body: PasswordReset) -> Accepted:
        """Ask for a token by mail, for a password that was forgotten.

        The answer is the same whether there is such an account or not.
        """
        self.accounts.send_reset(body.email)
        return Accepted()


class NewPasswordView(Endpoint):
    accounts: ClassVar[Accounts]

    @endpoint(access=public, body=NewPassword, returns=Tokens, raises=(BadResetToken, WeakPassword), throttle=LOG_IN)
    def post(self, request: Request, body: NewPassword) -> Tokens:
        """Choose another password with the token that came by mail.

        All log-ins end, but for the one that begins with the tokens of the answer.
        """
        return self.accounts.reset_password(body.token, body.password)
