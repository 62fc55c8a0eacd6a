from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from contracts.payments import Payment, PaymentStatus, UnknownPayment
from modules.payments import models
from modules.payments.errors import NoSuchPayment
from modules.payments.ledger import AUTHORISE
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


def reference_of(payment_id: UUID) -> str | None:
    """Return the provider's name for a payment; None where the provider was not asked yet."""
    asked = models.LedgerEntry.objects.filter(payment_id=payment_id, key=AUTHORISE, state=models.State.REQUEST)
    return asked.values_list("reference", flat=True).first()


def has_event(provider: str, event_id: str, signature: str) -> bool:
    """Tell whether a callback was taken in these very bytes."""
    return models.ProviderEvent.objects.filter(provider=provider, event_id=event_id, signature=signature).exists()


def unanswered(age: timedelta) -> list[UUID]:
    """Some payments whose provider has owed an answer for so long.

    Any of them, so that those that never get an answer do not keep the others from theirs.
    """
    before = timezone.now() - age
    waiting = Q(unanswered_since__lt=before) | Q(status=PaymentStatus.PENDING, created_at__lt=before)
    return list(models.Payment.objects.filter(waiting).order_by("?").values_list("id", flat=True)[:BATCH])


def to_compare() -> list[UUID]:
    """Some payments that changed since their provider's record was compared with the ledger."""
    due = models.Payment.objects.filter(compare_at__lte=timezone.now())
    return list(due.order_by("compare_at").values_list("id", flat=True)[:BATCH])


def to_payment(row: models.Payment) -> Payment:
    return Payment(
        row.id,
        row.order_id,
        PaymentStatus(row.status),
        Money(row.amount, row.currency),
        Money(row.refunded, row.currency),
    )
