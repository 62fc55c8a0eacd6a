from uuid import UUID

from contracts.payments import PaymentStatus
from seamline.contract import Category, ContractError, Money


class NoSuchPayment(ContractError, category=Category.NOT_FOUND):
    """There is no such payment."""

    payment_id: UUID


class NotRefundable(ContractError, category=Category.CONFLICT):
    """So much cannot be given back of this payment."""

    payment_id: UUID
    status: PaymentStatus
    refundable: Money


class BadSignature(ContractError, category=Category.UNAUTHENTICATED):
    """The callback is not signed by the provider, or not within the last five minutes."""


class CallbackReplayed(ContractError, category=Category.CONFLICT):
    """This very callback came before."""
