"""Notifications: what the customer is told."""

from typing import Annotated
from uuid import UUID

import msgspec

from seamline.contract import AwareDatetime, Contract, Value, query

Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]


class Notification(Value):
    """One thing a customer was told."""

    id: UUID
    kind: str
    """A stable word for what happened: `order_confirmed`, say."""
    text: str
    order_id: UUID | None
    created_at: AwareDatetime


class Notifications(Contract, module="notifications", version=1):
    """What each customer was told."""

    @query
    def recent(self, user_id: UUID, limit: Limit = 20) -> tuple[Notification, ...]:
        """The newest notifications of a user, newest first."""
