"""Payments: taking a customer's money, and giving it back."""

import enum
from typing import Annotated
from uuid import UUID

import msgspec

from seamline.contract import Category, Contract, ContractError, Event, Money, Value, command, query, whole

PaymentMethod = Annotated[
    str,
    msgspec.Meta(
        pattern=whole("[a-z]{1,20}:[A-Za-z0-9_-]{1,64}"),
        description="A provider and its token. `sandbox`, where it is on, knows approve, decline and timeout; "
        "`stripe`, where it is on, takes the id of a PaymentMethod.",
        examples=["sandbox:approve"],
    ),
]


class PaymentStatus(enum.StrEnum):
    """Where a payment stands."""

    PENDING = "pending"
    """The provider was asked and has not answered."""
    AUTHORISED = "authorised"
    DECLINED = "declined"
    CAPTURED = "captured"
    VOIDED = "voided"
    """Given up before it was captured: nothing was taken."""
    REFUNDED = "refunded"
    """Captured, and given back in whole."""


class Payment(Value):
    """The one payment of an order."""

    id: UUID
    order_id: UUID
    status: PaymentStatus
    amount: Money
    refunded: Money
    """What of it was given back."""


class PaymentDeclined(ContractError, category=Category.DECLINED):
    """The payment was declined."""

    order_id: UUID
    reason: str


class UnknownProvider(ContractError, category=Category.INVALID):
    """There is no such payment provider."""

    provider: str


class UnknownPayment(ContractError, category=Category.NOT_FOUND):
    """The order has no payment."""

    order_id: UUID


class PaymentAuthorised(Event, key="order_id"):
    """A payment that was pending is authorised: the provider answered late."""

    order_id: UUID
    payment_id: UUID


class PaymentFailed(Event, key="order_id"):
    """A payment that was pending is declined: the provider answered late."""

    order_id: UUID
    payment_id: UUID
    reason: str


class PaymentRefunded(Event, key="order_id"):
    """Some or all of a captured payment went back to the customer."""

    order_id: UUID
    customer_id: UUID
    amount: Money


class Payments(Contract, module="payments", version=1):
    """Authorise, capture and refund, one payment per order."""

    @query(raises=(UnknownPayment,))
    def payment(self, order_id: UUID) -> Payment:
        """The payment of an order."""

    @command(raises=(PaymentDeclined, UnknownProvider), natural_key=True, timeout=10.0)
    def authorise(self, order_id: UUID, customer_id: UUID, amount: Money, method: PaymentMethod) -> Payment:
        """Ask the provider to set the amount aside.

        An order has one payment: a repeat answers with it. `pending` means that the provider has not answered;
        `PaymentAuthorised` or `PaymentFailed` will tell.
        """

    @command(natural_key=True, timeout=10.0)
    def cancel(self, order_id: UUID) -> None:
        """Void the order's payment, or refund it if it was captured. An order without one can have none later."""
