"""Does every payment follow from its ledger, is it answered in time, and has its provider the same?"""

from collections.abc import Iterator, Sequence

from django.db.models import Prefetch

from modules.payments.ledger import balance
from modules.payments.models import LedgerEntry, Payment, State
from seamline.audit import Checked, Fact, Facts, Finding, fact, is_young, pages


def checks() -> Iterator[Checked]:
    entries = Prefetch("entries", LedgerEntry.objects.order_by("id"))
    for payments in pages(Payment.objects.prefetch_related(entries)):
        yield Checked(0, (*_ledger(payments), *_unanswered(payments), *_compared(payments)))


def _ledger(payments: Sequence[Payment]) -> Iterator[Finding]:
    for row in payments:
        known = balance(row.entries.all())
        if row.refunded != known.refunded:
            problem = f"{row.refunded} are said to be refunded, and its refunds are {known.refunded}"
            yield Finding(f"payment {row.id}", problem)
        if row.status != known.status:
            yield Finding(f"payment {row.id}", f"is {row.status}, and by its ledger {known.status}")
        for entry in row.entries.all():
            if entry.state == State.FAILURE and entry.operation != "authorise":
                problem = f"its provider refused {entry.key}: {entry.reason}"
                yield Finding(f"payment {row.id}", problem)


def _unanswered(payments: Sequence[Payment]) -> Iterator[Finding]:
    for row in payments:
        if row.unanswered_since and row.status != "pending" and not is_young(row.unanswered_since):
            problem = "its provider was asked and has not answered: it may still hold the money"
            yield Finding(f"payment {row.id}", problem, settling=True)


def _compared(payments: Sequence[Payment]) -> Iterator[Finding]:
    for row in payments:
        if row.difference:
            yield Finding(f"payment {row.id}", f"its provider has it otherwise: {row.difference}")


def _payment(row: Payment) -> Fact:
    return fact(
        row.order_id,
        row.created_at,
        id=row.id,
        customer_id=row.customer_id,
        status=row.status,
        amount=row.amount,
        currency=row.currency,
        refunds=sum(entry.operation == "refund" and entry.state == State.SUCCESS for entry in row.entries.all()),
    )


FACTS = (Facts("payment", lambda: Payment.objects.prefetch_related("entries"), "order_id", _payment),)
