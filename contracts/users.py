"""Users: who the customers are, and the loyalty points they hold."""

from typing import Annotated
from uuid import UUID

import msgspec

from seamline.contract import Category, Contract, ContractError, Event, Value, query

Nickname = Annotated[
    str, msgspec.Meta(min_length=1, max_length=40, description="The name others see.", examples=["Ada"])
]


class Profile(Value):
    """What others may know of a user."""

    id: UUID
    nickname: Nickname


class Points(Value):
    """A user's loyalty points: one for each whole unit of currency paid."""

    user_id: UUID
    balance: int


class UnknownUser(ContractError, category=Category.NOT_FOUND):
    """There is no such user."""

    user_id: UUID


class UserRegistered(Event, key="user_id"):
    """Somebody opened an account."""

    user_id: UUID
    nickname: Nickname


class Users(Contract, module="users", version=1):
    """Accounts, profiles and loyalty points."""

    @query(raises=(UnknownUser,))
    def profile(self, user_id: UUID) -> Profile:
        """The public profile of an active user."""

    @query(raises=(UnknownUser,))
    def points(self, user_id: UUID) -> Points:
        """The loyalty points a user holds."""
