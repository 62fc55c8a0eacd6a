from typing import Annotated
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import Http404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.request import Request

from contracts.users import Points, UnknownUser
from modules.users import queries, service
from modules.users.accounts import ACCOUNTS
from modules.users.errors import EmailTaken
from modules.users.models import User
from seamline import accounts
from seamline.accounts import Accepted, ConfirmationRequired, Password, WeakPassword
from seamline.contract import DIRECTIONS, AwareDatetime, Value, text, whole
from seamline.http import Created, Endpoint, FieldError, Invalid, Principal, endpoint, public, user

EMAIL_LENGTH = 254
# What languages take for \s differs by the control characters and the byte order mark.
_ATOM = rf"[^@\s\x00-\x1f\x7f-\x9f\ufeff{DIRECTIONS}]+"
Email = Annotated[
    str,
    msgspec.Meta(pattern=whole(rf"{_ATOM}@{_ATOM}\.{_ATOM}"), max_length=EMAIL_LENGTH, examples=["ada@example.com"]),
]
NewNickname = Annotated[str, text(40, description="The name others see.", examples=["Ada"])]
DEMO_LOGIN = OpenApiExample("demo", value={"email": "ada@example.com", "password": "demo-password"}, request_only=True)  # nosec B105  said wherever a login is


class Registration(Value):
    """What opens an account."""

    email: Email
    password: Password
    nickname: NewNickname


class ProfileChange(Value):
    """What of their account a user may change."""

    nickname: NewNickname


class Account(Value):
    """A user's own account."""

    id: UUID
    email: str
    nickname: str
    scopes: tuple[str, ...]
    created_at: AwareDatetime


class UsersView(Endpoint):
    @endpoint(
        access=public,
        body=Registration,
        returns=Account,
        status=201,
        raises=(EmailTaken, WeakPassword, ConfirmationRequired),
        idempotent=True,
        throttle=accounts.REGISTRATIONS,
    )
    def post(self, request: Request, body: Registration, new_id: UUID) -> Created:
        """Register at once.

        Not where accounts are opened only once their address is confirmed.
        """
        if settings.ACCOUNTS_CONFIRM_EMAIL:
            raise ConfirmationRequired()
        _refuse_long(body.email)
        account = service.register(new_id, body.email, body.password, body.nickname)
        return Created(_account(account), f"/api/v1/users/{account.id}")


class RegistrationView(Endpoint):
    @endpoint(
        access=public,
        body=Registration,
        returns=Accepted,
        status=202,
        raises=(WeakPassword,),
        throttle=accounts.REGISTRATIONS,
    )
    def post(self, request: Request, body: Registration) -> Accepted:
        """Register by mail.

        The answer is the same whether the address has an account or not: a token that opens one comes by mail, or that
        there is one.
        """
        _refuse_long(body.email)
        ACCOUNTS.register(body.email, body.password, {"nickname": body.nickname})
        return Accepted()


class ConfirmationView(accounts.ConfirmationView):
    accounts = ACCOUNTS


@extend_schema_view(post=extend_schema(examples=[DEMO_LOGIN]))
class TokenView(accounts.TokenView):
    accounts = ACCOUNTS


class RefreshView(accounts.RefreshView):
    accounts = ACCOUNTS


class LogOutView(accounts.LogOutView):
    accounts = ACCOUNTS


class PasswordView(accounts.PasswordView):
    accounts = ACCOUNTS


class PasswordResetView(accounts.PasswordResetView):
    accounts = ACCOUNTS


class NewPasswordView(accounts.NewPasswordView):
    accounts = ACCOUNTS


class OAuth2TokenView(accounts.OAuth2TokenView):
    accounts = ACCOUNTS


class MeView(Endpoint):
    @endpoint(access=user, returns=Account, raises=(UnknownUser,))
    def get(self, request: Request) -> Account:
        """Read one's own account."""
        return _account(queries.active_user(self.user.id))

    @endpoint(access=user, body=ProfileChange, returns=Account, raises=(UnknownUser,))
    def patch(self, request: Request, body: ProfileChange) -> Account:
        """Change one's own account."""
        return _account(service.rename(self.user.id, body.nickname))


class UserView(Endpoint):
    @endpoint(access=user, returns=Account, raises=(UnknownUser,))
    def get(self, request: Request, user_id: UUID) -> Account:
        """Read an account.

        A user reads their own; staff with `users:read` any.
        """
        return _account(queries.active_user(_visible(self.user, user_id)))


class PointsView(Endpoint):
    @endpoint(access=user, returns=Points, raises=(UnknownUser,))
    def get(self, request: Request, user_id: UUID) -> Points:
        """Read the points a user holds."""
        return queries.points(_visible(self.user, user_id))


def _refuse_long(email: str) -> None:
    """Refuse what is too long in lower case, where some letters are two."""
    if len(email.lower()) > EMAIL_LENGTH:
        error = FieldError("$.email", f"Expected `str` of length <= {EMAIL_LENGTH} in lower case")
        raise Invalid("Some fields do not fit", (error,))


def _visible(asker: Principal, user_id: UUID) -> UUID:
    if asker.id != user_id and not asker.may("users:read"):
        raise Http404
    return user_id


def _account(user: User) -> Account:
    return Account(user.id, user.email, user.nickname, tuple(user.scopes.split()), user.created_at)
