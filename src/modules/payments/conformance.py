from uuid import UUID

from contracts.payments import PaymentStatus
from modules.payments.models import Payment
from seamline.databases import execute, transaction

METHODS = {PaymentStatus.DECLINED: "sandbox:decline", PaymentStatus.PENDING: "sandbox:silent"}


def load() -> None:
    """A payment in every status."""
    with transaction("payments"):
        for number, status in enumerate(PaymentStatus, start=1):
            payment = Payment.objects.create(
                id=UUID(int=100 + number),
                order_id=UUID(int=number),
                customer_id=UUID(int=100),
                amount=2250,
                currency="EUR",
                method=METHODS.get(status, "sandbox:approve"),
                status=status,
                refunded=2250 if status is PaymentStatus.REFUNDED else 0,
            )
            execute("payments", "SELECT payments_explain(%s)", [payment.id])
