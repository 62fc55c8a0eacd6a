"""Reconciliation: what a provider has of a payment is compared with the ledger, and what was left open is finished."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from django.utils import timezone

from contracts.payments import PaymentStatus
from modules.payments import queries, service
from modules.payments.asking import ask_of, perform, record
from modules.payments.ledger import AUTHORISE, COMPARE_AFTER, Account, Balance
from modules.payments.models import ProviderEvent, State
from modules.payments.providers import Answer, Ask, Outcome, Provider, Record
from seamline.databases import transaction

log = structlog.get_logger("modules.payments")

OVERDUE = timedelta(minutes=1)
"""After which a provider's answer is taken for lost, and who waited for it has given up."""
BUDGET_SECONDS = 20.0
"""Seconds that a run takes on new payments for; the rest has its turn in the next."""
COMPARE_AGAIN = timedelta(hours=1)
"""After a difference: a person may have seen to it."""
EVENTS_KEPT = timedelta(days=30)
"""Longer than any provider sends an event again."""


class Snapshot(NamedTuple):
    """A payment as it was when its provider was asked about it."""

    entries: int
    balance: Balance
    provider: Provider
    ask: Ask


def run() -> None:
    """Reconcile some payments: those that wait for an answer, then those that changed."""
    ends_at = time.monotonic() + BUDGET_SECONDS
    _each(queries.unanswered(OVERDUE), finish, ends_at)
    _each(queries.to_compare(), compare, ends_at)
    ProviderEvent.objects.filter(received_at__lt=timezone.now() - EVENTS_KEPT).delete()


def finish(payment_id: UUID) -> None:
    """Ask what became of the requests without an answer, and ask again for those that had no effect."""
    snapshot = _snapshot(payment_id)
    if snapshot and AUTHORISE in snapshot.balance.unanswered:
        answer = _find_out(snapshot)
        if answer.outcome is not Outcome.PENDING:
            record(payment_id, AUTHORISE, answer)
    perform(payment_id)


def compare(payment_id: UUID) -> None:
    """Compare the provider's record with the ledger, and void what is held though the order was given up."""
    snapshot = _snapshot(payment_id)
    if snapshot is None:
        return
    found = snapshot.provider.look_up(snapshot.ask) if not snapshot.balance.unanswered else None
    with transaction("payments"):
        account = Account.of_payment(payment_id)
        if account is None or len(account.entries) != snapshot.entries:
            return  # it changed meanwhile, and will be compared again
        row = account.row
        if found is None:
            row.compare_at = timezone.now() + COMPARE_AFTER
        else:
            row.difference = _difference(snapshot.balance, found)
            row.compare_at = timezone.now() + COMPARE_AGAIN if row.difference else None
        row.save(update_fields=["difference", "compare_at"])
        if row.difference:
            log.error("ledger_differs", payment_id=str(payment_id), difference=row.difference)
        if found and found.held and snapshot.balance.status is PaymentStatus.VOIDED:
            service.void(account)


def _find_out(snapshot: Snapshot) -> Answer:
    provider, ask = snapshot.provider, snapshot.ask
    answer = provider.look_up(ask).authorisation
    if answer.outcome is not Outcome.PENDING:
        return answer
    if snapshot.balance.status is not PaymentStatus.VOIDED:
        return provider.authorise(ask)
    # It may have come to the provider after the void, and whoever asked for it may not have lived to see that.
    freed = provider.void(ask._replace(key="void-late"))
    return Answer(Outcome.PENDING) if freed.outcome is Outcome.PENDING else Answer(Outcome.FAILURE, "Given up")


def _snapshot(payment_id: UUID) -> Snapshot | None:
    """Read a payment whose provider was asked; None for another."""
    with transaction("payments"):
        account = Account.of_payment(payment_id)
        asked = account.find(AUTHORISE, State.REQUEST) if account else None
        if account is None or asked is None:
            return None
        return Snapshot(len(account.entries), account.balance, *ask_of(account, asked))


def _difference(known: Balance, found: Record) -> str:
    pairs = {
        "held": (found.held, known.held),
        "captured": (found.captured, known.taken),
        "refunded": (found.refunded, known.given),
    }
    return "; ".join(
        f"{what}: {theirs} at the provider, {ours} by the ledger"
        for what, (theirs, ours) in pairs.items()
        if theirs != ours
    )


def _each(payment_ids: Iterable[UUID], reconcile: Callable[[UUID], None], ends_at: float) -> None:
    for payment_id in payment_ids:
        if time.monotonic() > ends_at:
            return
        with _alone(payment_id):
            reconcile(payment_id)


@contextmanager
def _alone(payment_id: UUID) -> Iterator[None]:
    """A payment that cannot be reconciled must not keep the others from being."""
    try:
        yield
    except Exception as error:
        log.error("not_reconciled", payment_id=str(payment_id), exc_info=error)
