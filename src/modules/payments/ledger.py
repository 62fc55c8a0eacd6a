"""The ledger of a payment: what was asked of its provider and answered, and what follows from that."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from django.utils import timezone

from contracts.payments import PaymentStatus
from modules.payments.models import LedgerEntry, Operation, Payment, State
from modules.payments.providers import Answer, Outcome, provider_of
from seamline.contract import ContractError
from seamline.databases import execute

COMPARE_AFTER = timedelta(minutes=1)
"""After a change, until when the provider's record may lag behind."""
AUTHORISE = "authorise"
"""Key of the one request to set a payment's money aside."""

_PROVIDER = "split_part(method, ':', 1)"
_ENTRY = """
    INSERT INTO payments_ledgerentry
        (payment_id, operation, key, state, amount, currency, provider, reference, reason, created_at)
"""
_ASK_TO_AUTHORISE = f"""
    WITH waiting AS (
        UPDATE payments_payment SET unanswered_since = now() WHERE id = %s AND status = 'pending' RETURNING *
    ) {_ENTRY} SELECT id, 'authorise', 'authorise', 'request', amount, currency, {_PROVIDER}, %s, '', now()
    FROM waiting ON CONFLICT DO NOTHING
"""  # noqa: S608  names of ours alone  # nosec B608
_AUTHORISED = f"""
    WITH settled AS (
        UPDATE payments_payment SET status = %s, reason = %s, unanswered_since = NULL, compare_at = %s
        WHERE id = %s AND status = 'pending' RETURNING *
    ) {_ENTRY} SELECT id, 'authorise', 'authorise', %s, amount, currency, {_PROVIDER}, %s, %s, now() FROM settled
"""  # noqa: S608  names of ours alone  # nosec B608


class Entry(Protocol):
    """What of an entry a balance follows from."""

    operation: str
    key: str
    state: str
    amount: int
    reason: str
    created_at: datetime


class Balance(NamedTuple):
    """What a payment is by its ledger. Amounts are in minor units.

    Capture, void and refund count when they are asked for, for they are decided then and asked until they are
    answered; a failure takes them back. An authorisation counts when it is answered.
    """

    status: PaymentStatus
    reason: str
    """Why it was declined."""
    refunded: int
    """What is given back, or on its way."""
    held: int
    """What the provider has said to have set aside, and not to have taken or freed."""
    taken: int
    """What the provider has said to have taken."""
    given: int
    """What of that the provider has said to have given back."""
    unanswered: tuple[str, ...]
    """Keys of the requests without an answer, in the order in which they were made."""
    unanswered_since: datetime | None


def balance(entries: Iterable[Entry]) -> Balance:
    """Work out what follows from a payment's entries, the oldest first."""
    requests: dict[str, Entry] = {}
    answers: dict[str, Entry] = {}
    held = taken = given = 0
    for entry in entries:
        if entry.state == State.REQUEST:
            requests[entry.key] = entry
            continue
        answers[entry.key] = entry
        if entry.state == State.SUCCESS:
            match entry.operation:
                case Operation.AUTHORISE:
                    held = entry.amount
                case Operation.VOID:
                    held = 0
                case Operation.CAPTURE:
                    held, taken = 0, entry.amount
                case Operation.REFUND:
                    given += entry.amount
    decided = [each for key, each in requests.items() if key not in answers or answers[key].state == State.SUCCESS]
    refunds = [each.amount for each in decided if each.operation == Operation.REFUND]
    answer = answers.get(AUTHORISE)
    unanswered = tuple(key for key in requests if key not in answers)
    return Balance(
        _status(decided, refunds, answer),
        answer.reason if answer and answer.state == State.FAILURE else "",
        sum(refunds),
        held,
        taken,
        given,
        unanswered,
        min((requests[key].created_at for key in unanswered), default=None),
    )


def _status(decided: Sequence[Entry], refunds: Sequence[int], answer: Entry | None) -> PaymentStatus:
    captured = [each.amount for each in decided if each.operation == Operation.CAPTURE]
    if captured:
        whole = refunds and sum(refunds) == captured[0]
        return PaymentStatus.REFUNDED if whole else PaymentStatus.CAPTURED
    if any(each.operation == Operation.VOID for each in decided):
        return PaymentStatus.VOIDED
    if answer is None:
        return PaymentStatus.PENDING
    return PaymentStatus.AUTHORISED if answer.state == State.SUCCESS else PaymentStatus.DECLINED


class Account:
    """A payment that is locked, and its ledger. To be used inside a transaction."""

    def __init__(self, row: Payment) -> None:
        self.row = row
        self.entries = self._read()
        untold = not self.entries and row.method.startswith("sandbox:")
        if untold or (self.balance.status, self.balance.refunded) != (row.status, row.refunded):
            # A process of a version without the ledger, which knew the sandbox alone, made or changed the payment.
            execute("payments", "SELECT payments_explain(%s)", [row.id])
            self.entries = self._read()

    @classmethod
    def of_payment(cls, payment_id: UUID) -> "Account | None":
        row = Payment.objects.select_for_update().filter(id=payment_id).first()
        return cls(row) if row else None

    @classmethod
    def of_order(cls, order_id: UUID) -> "Account | None":
        row = Payment.objects.select_for_update().filter(order_id=order_id).first()
        return cls(row) if row else None

    @property
    def balance(self) -> Balance:
        return balance(self.entries)

    def request(self, operation: Operation, key: str, amount: int | None = None) -> None:
        """Decide that the provider is asked to; once for each key."""
        if self.find(key, State.REQUEST) is None:
            self._append(operation, key, State.REQUEST, self.row.amount if amount is None else amount)

    def answer(self, key: str, state: State, reason: str = "", reference: str = "") -> bool:
        """Note what became of a request; whether that was not known yet."""
        asked = self.find(key, State.REQUEST)
        if asked is None or self.find(key, State.SUCCESS) or self.find(key, State.FAILURE):
            return False
        self._append(Operation(asked.operation), key, state, asked.amount, reason, reference or asked.reference)
        return True

    def find(self, key: str, state: State) -> LedgerEntry | None:
        return next((each for each in self.entries if each.key == key and each.state == state), None)

    @property
    def reference(self) -> str:
        """The provider's name for the payment; empty where it was not asked yet."""
        asked = self.find(AUTHORISE, State.REQUEST)
        return asked.reference if asked else ""

    def next_key(self, operation: Operation) -> str:
        """Name a further request of a kind: `void`, `void-2`, …"""
        made = sum(each.operation == operation and each.state == State.REQUEST for each in self.entries)
        return f"{operation}-{made + 1}" if made else str(operation)

    def save(self) -> Balance:
        """Have the payment's row say what follows from the ledger."""
        now, row = self.balance, self.row
        row.status, row.refunded, row.reason = now.status, now.refunded, now.reason
        row.unanswered_since = now.unanswered_since
        row.compare_at = next_comparison(row.method)
        row.save(update_fields=["status", "refunded", "reason", "unanswered_since", "compare_at"])
        return now

    def _append(
        self, operation: Operation, key: str, state: State, amount: int, reason: str = "", reference: str = ""
    ) -> None:
        provider = self.row.method.partition(":")[0]
        entry = LedgerEntry(payment=self.row, operation=operation, key=key, state=state, amount=amount)
        entry.currency, entry.provider = self.row.currency, provider
        entry.reason, entry.reference = reason, reference or ("" if state is State.SUCCESS else self.reference)
        entry.save(force_insert=True)
        self.entries.append(entry)

    def _read(self) -> list[LedgerEntry]:
        return [*LedgerEntry.objects.filter(payment=self.row).order_by("id")]


def ask_to_authorise(payment_id: UUID, reference: str) -> bool:
    """Note that the provider is asked for a payment that is pending; whether it is, and nobody noted that before."""
    return bool(execute("payments", _ASK_TO_AUTHORISE, [payment_id, reference]))


def answer_to_authorise(row: Payment, answer: Answer, reference: str) -> bool:
    """Note the provider's answer for a payment that is pending, in one statement; whether it was."""
    state = State.SUCCESS if answer.outcome is Outcome.SUCCESS else State.FAILURE
    status = PaymentStatus.AUTHORISED if state is State.SUCCESS else PaymentStatus.DECLINED
    settled = [status, answer.reason, next_comparison(row.method), row.id]
    if not execute("payments", _AUTHORISED, [*settled, state, reference, answer.reason]):
        return False
    row.status, row.reason = status, answer.reason
    return True


def next_comparison(method: str) -> datetime | None:
    """Tell when to compare the record of a payment's provider with the ledger, after a change."""
    try:
        compares = provider_of(method)[0].keeps_records
    except ContractError:
        return None
    return timezone.now() + COMPARE_AFTER if compares else None
