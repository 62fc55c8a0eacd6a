"""Do the refunds add up, and is what was voided free?"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Coalesce

from modules.payments.models import Payment
from seamline.audit import Checked, Fact, Facts, Finding, fact, is_young, pages


def checks() -> Iterator[Checked]:
    # One statement for all of a payment, so that nothing changes between two looks.
    for payments in pages(Payment.objects.annotate(given=Coalesce(Sum("refunds__amount"), 0))):
        yield Checked(0, (*_refunds(payments), *_held(payments)))


def _refunds(payments: Sequence[Any]) -> Iterator[Finding]:
    for row in payments:
        if row.refunded != row.given:
            problem = f"{row.refunded} are said to be refunded, and its refunds are {row.given}"
            yield Finding(f"payment {row.id}", problem)


def _held(payments: Sequence[Any]) -> Iterator[Finding]:
    for row in payments:
        if row.void_again_at and not is_young(row.void_again_at):
            problem = "is voided, and its provider may still hold the money: it was not voided again yet"
            yield Finding(f"payment {row.id}", problem, settling=True)


def _payment(row: Payment) -> Fact:
    return fact(
        row.order_id,
        row.created_at,
        id=row.id,
        customer_id=row.customer_id,
        status=row.status,
        amount=row.amount,
        currency=row.currency,
        refunds=len(row.refunds.all()),
    )


FACTS = (Facts("payment", lambda: Payment.objects.prefetch_related("refunds"), "order_id", _payment),)
