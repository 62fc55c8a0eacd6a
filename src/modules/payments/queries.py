from uuid import UUID

from contracts.language import Money
from contracts.payments import Payment, PaymentStatus, UnknownPayment
from modules.payments import models
from modules.payments.errors import NoSuchPayment


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


def to_payment(row: models.Payment) -> Payment:
    return Payment(
        row.id,
        row.order_id,
        PaymentStatus(row.status),
        Money(row.amount, row.currency),
        Money(row.refunded, row.currency),
    )
