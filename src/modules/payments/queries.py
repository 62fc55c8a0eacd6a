from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from contracts.payments import Payment, PaymentStatus, UnknownPayment
from modules.payments import models
from modules.payments.errors import NoSuchPayment
from seamline.contract import Money

BATCH = 100


def payment(order_id: UUID) -> Payment:
    row = models.Payment.objects.filter(order_id=order_id).first()
    if row is None:
        raise UnknownPayment(order_id)
    return to_payment(row)


def payment_of(payment_id: UUID, customer_id: UUID | None) -> Payment:
    """One payment, if it is this customer's; anybody's for None. Raises `NoSuchPayment`."""
    rows = models.Payment.objects.filter(id=payment_id)
    row = (rows if customer_id is None else rows.filter(customer_id=customer_id)).first()
    if row is None:
        raise NoSuchPayment(payment_id)
    return to_payment(row)


def overdue(age: timedelta) -> list[tuple[UUID, str]]:
    """Some payments that have waited for their provider's answer for so long, each with its method.

    Any of them, so that those that never get an answer do not keep the others from theirs.
    """
    waiting = models.Payment.objects.filter(status=PaymentStatus.PENDING, created_at__lt=timezone.now() - age)
    return list(waiting.order_by("?").values_list("id", "method")[:BATCH])


def to_void_again() -> list[UUID]:
    """Some payments that were voided while their provider was asked, and that it has answered by now."""
    due = models.Payment.objects.filter(void_again_at__lte=timezone.now())
    return list(due.order_by("?").values_list("id", flat=True)[:BATCH])


def to_payment(row: models.Payment) -> Payment:
    return Payment(
        row.id,
        row.order_id,
        PaymentStatus(row.status),
        Money(row.amount, row.currency),
        Money(row.refunded, row.currency),
    )
