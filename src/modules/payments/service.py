from datetime import timedelta
from uuid import UUID, uuid4, uuid5

from django.utils import timezone

from contracts.payments import (
    Payment,
    PaymentAuthorised,
    PaymentDeclined,
    PaymentFailed,
    PaymentMethod,
    PaymentRefunded,
    PaymentStatus,
)
from modules.payments import models, queries
from modules.payments.errors import NoSuchPayment, NotRefundable
from modules.payments.providers import Answer, Outcome, provider_of, refuse_unknown
from seamline.contract import NO_CURRENCY, InvalidArguments, Money
from seamline.databases import execute, insert_new, transaction
from seamline.events import publish

UNDER_WAY = timedelta(minutes=1)
"""After which a provider that was asked to set money aside has done so, or never will."""

_SETTLE = "UPDATE payments_payment SET status = %s, reason = %s WHERE id = %s AND status = 'pending'"


def authorise(order_id: UUID, customer_id: UUID, amount: Money, method: PaymentMethod) -> Payment:
    if amount.amount < 0:
        raise InvalidArguments("the amount to authorise may not be negative")
    refuse_unknown(method)
    provider, token = provider_of(method)
    row = models.Payment(
        id=uuid4(),
        order_id=order_id,
        customer_id=customer_id,
        amount=amount.amount,
        currency=amount.currency,
        method=method,
        status=PaymentStatus.PENDING,
    )
    if not insert_new(row, "order_id"):
        row = models.Payment.objects.get(order_id=order_id)
    # The provider is asked outside any transaction; a repeat after a crash asks again, and it knows the payment's id.
    if row.status == PaymentStatus.PENDING:
        _settle(row, provider.authorise(row.id, amount, token))
    if row.status == PaymentStatus.DECLINED:
        raise PaymentDeclined(order_id, row.reason)
    if row.status == PaymentStatus.VOIDED:
        raise PaymentDeclined(order_id, "The order was given up")
    return queries.to_payment(row)


def settle(payment_id: UUID, answer: Answer) -> Payment:
    """Take a provider's late answer, and tell who waits for it. Raises `NoSuchPayment`.

    A payment that was settled before stays as it is.
    """
    with transaction("payments"):
        row = _known(payment_id)
        if _settle(row, answer):
            if answer.outcome is Outcome.AUTHORISED:
                publish(PaymentAuthorised(row.order_id, row.id))
            else:
                publish(PaymentFailed(row.order_id, row.id, row.reason))
        return queries.to_payment(row)


def capture(order_id: UUID) -> None:
    """Take what was set aside for the order."""
    with transaction("payments"):
        row = _locked(order_id)
        if row and row.status == PaymentStatus.AUTHORISED:
            provider_of(row.method)[0].capture(row.id)
            _set(row, PaymentStatus.CAPTURED)


def cancel(order_id: UUID) -> None:
    with transaction("payments"):
        # Where there is none, that is remembered: an authorise under way that arrives later takes nothing.
        given_up = {"amount": 0, "currency": NO_CURRENCY, "method": "", "status": PaymentStatus.VOIDED}
        insert_new(models.Payment(id=uuid4(), order_id=order_id, **given_up), "order_id")
        row = _locked(order_id)
        if row and row.status == PaymentStatus.CAPTURED:
            _refund_rest(row)
        elif row and row.status in (PaymentStatus.PENDING, PaymentStatus.AUTHORISED):
            if row.status == PaymentStatus.PENDING:
                # An authorise under way may come to the provider after this, and its process may not live to see it.
                row.void_again_at = timezone.now() + UNDER_WAY
            provider_of(row.method)[0].void(row.id)
            _set(row, PaymentStatus.VOIDED)


def void_again(payment_id: UUID) -> None:
    """Free what the provider set aside after the payment was voided, if it did. Raises `NoSuchPayment`."""
    with transaction("payments"):
        row = _known(payment_id)
        provider_of(row.method)[0].void(row.id)
        row.void_again_at = None
        row.save(update_fields=["void_again_at"])


def refund(refund_id: UUID, payment_id: UUID, amount: int | None) -> Payment:
    """Give back `amount` minor units of a captured payment, or all that is left; once for each id.

    Raises `NoSuchPayment` or `NotRefundable`.
    """
    with transaction("payments"):
        row = _known(payment_id)
        if row.refunds.filter(id=refund_id).exists():
            return queries.to_payment(row)
        left = row.amount - row.refunded if row.status == PaymentStatus.CAPTURED else 0
        if left == 0 or (amount or left) > left:
            raise NotRefundable(payment_id, PaymentStatus(row.status), Money(left, row.currency))
        _refund(row, refund_id, amount or left)
        return queries.to_payment(row)


def _settle(row: models.Payment, answer: Answer) -> bool:
    """Take a provider's answer; whether it settled the payment."""
    if answer.outcome is Outcome.PENDING:
        return False
    status = PaymentStatus.AUTHORISED if answer.outcome is Outcome.AUTHORISED else PaymentStatus.DECLINED
    if execute("payments", _SETTLE, [status, answer.reason, row.id]):
        row.status, row.reason = status, answer.reason
        return True
    row.refresh_from_db(fields=["status", "reason"])
    if row.status == PaymentStatus.VOIDED and status is PaymentStatus.AUTHORISED:
        # The order was given up while the provider was asked: what it set aside is freed again.
        provider_of(row.method)[0].void(row.id)
    return False


def _refund_rest(row: models.Payment) -> None:
    left = row.amount - row.refunded
    if left:
        # Always the same id, by which the provider knows a repeat.
        _refund(row, uuid5(row.id, "rest"), left)
    else:
        _set(row, PaymentStatus.REFUNDED)


def _refund(row: models.Payment, refund_id: UUID, amount: int) -> None:
    money = Money(amount, row.currency)
    models.Refund.objects.create(id=refund_id, payment=row, amount=amount)
    provider_of(row.method)[0].refund(refund_id, money)
    row.refunded += amount
    _set(row, PaymentStatus.REFUNDED if row.refunded == row.amount else PaymentStatus.CAPTURED)
    if row.customer_id:
        publish(PaymentRefunded(row.order_id, row.customer_id, money))


def _set(row: models.Payment, status: PaymentStatus) -> None:
    row.status = status
    row.save(update_fields=["status", "reason", "refunded", "void_again_at"])


def _known(payment_id: UUID) -> models.Payment:
    row = models.Payment.objects.select_for_update().filter(id=payment_id).first()
    if row is None:
        raise NoSuchPayment(payment_id)
    return row


def _locked(order_id: UUID) -> models.Payment | None:
    return models.Payment.objects.select_for_update().filter(order_id=order_id).first()
