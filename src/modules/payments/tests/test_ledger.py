"""What a payment is follows from its ledger, whatever happens to it in whatever order."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contracts.payments import PaymentDeclined, Payments, PaymentStatus
from modules.payments import audit, models, queries, reconciliation, service
from modules.payments.errors import NotRefundable
from modules.payments.ledger import balance
from modules.payments.providers import Answer, Ask, Outcome, Record
from modules.payments.providers.sandbox import Sandbox
from seamline.calls import call
from seamline.contract import Money
from seamline.databases import execute, transaction

Committing = Callable[[], AbstractContextManager[object]]
pytestmark = pytest.mark.django_db(databases=["payments"])
AMOUNT = 1000
ANSWERS = st.sampled_from(["yes", "no", "lost", "away", "slow"])
STEPS = st.one_of(
    st.tuples(st.sampled_from(["authorise", "capture", "cancel", "reconcile"]), ANSWERS),
    st.tuples(st.integers(1, AMOUNT), ANSWERS),
)


class Bank:
    """A provider that says what it is told to, and knows for itself what it holds, took and gave back.

    `lost`: it did it, and the answer was lost; `away`: it was not reached; `slow`: it does it after what it is asked
    next. One that `remembers` sets nothing aside for a payment that was voided before.
    """

    def __init__(self, remembers: bool = True, shows: bool = True) -> None:
        self.how = "yes"
        self.remembers, self.shows = remembers, shows
        self.done: dict[str, Answer] = {}
        self.under_way: dict[str, tuple[str, int]] = {}
        self.held = self.taken = self.given = 0
        self.freed = False

    def ask(self, what: str, ask: Ask) -> Answer:
        before, self.under_way = self.under_way, {}
        try:
            return self._ask(what, ask)
        finally:
            for key, (late, amount) in before.items():
                if key not in self.done:
                    self.done[key] = self._do(late, amount)

    def _ask(self, what: str, ask: Ask) -> Answer:
        if ask.key in self.done:
            return self.done[ask.key]
        if self.how == "slow":
            self.under_way[ask.key] = (what, ask.amount.amount)
        if self.how in ("away", "slow"):
            return Answer(Outcome.PENDING)
        answer = self.done[ask.key] = self._do(what, ask.amount.amount)
        return Answer(Outcome.PENDING) if self.how == "lost" else answer

    def _do(self, what: str, amount: int) -> Answer:
        no = Answer(Outcome.FAILURE, "No")
        # A void is never refused but for what was taken, as it is with every provider.
        if self.how == "no" and what != "void":
            return no
        match what:
            case "authorise" if not self.freed:
                self.held = amount
            case "capture" if self.held:
                self.held, self.taken = 0, self.held
            case "void" if not self.taken:
                self.held, self.freed = 0, self.remembers
            case "refund" if amount <= self.taken - self.given:
                self.given += amount
            case _:
                return no
        return Answer(Outcome.SUCCESS)

    def record(self, ask: Ask) -> Record:
        return Record(self.done.get("authorise", Answer(Outcome.PENDING)), self.held, self.taken, self.given)


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> list[Bank]:
    """The bank of the example under way, the last of these."""
    banks = [Bank()]
    for what in ("authorise", "capture", "void", "refund"):
        monkeypatch.setattr(Sandbox, what, lambda self, ask, what=what: banks[-1].ask(what, ask))
    monkeypatch.setattr(Sandbox, "look_up", lambda self, ask: banks[-1].record(ask))
    monkeypatch.setattr(Sandbox, "keeps_records", property(lambda self: banks[-1].shows))
    return banks


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=1, max_size=8), st.booleans(), st.booleans())
@example([("authorise", "slow"), ("cancel", "yes")], False, False)
@example([("authorise", "yes"), ("capture", "away"), ("cancel", "away"), ("reconcile", "no")], True, False)
def test_ledger_row_and_provider_agree_in_the_end(
    bank: list[Bank], committing: Committing, steps: list[tuple[str | int, str]], remembers: bool, shows: bool
) -> None:
    bank.append(Bank(remembers, shows))
    order, customer, cancelled = uuid4(), uuid4(), False

    def reconcile() -> None:
        then = timezone.now() - reconciliation.OVERDUE
        models.Payment.objects.filter(order_id=order, compare_at__isnull=False).update(compare_at=then)
        models.Payment.objects.filter(order_id=order, unanswered_since__isnull=False).update(unanswered_since=then)
        with committing():
            reconciliation.run()

    def do(step: str | int) -> None:
        match step:
            case "authorise":
                call(Payments).authorise(order, customer, Money(AMOUNT, "EUR"), "sandbox:approve")
            case "capture":
                service.capture(order)
            case "cancel":
                service.cancel(order)
            case "reconcile":
                reconcile()
            case int():
                service.refund(uuid4(), models.Payment.objects.get(order_id=order).id, step)

    for step, how in steps:
        bank[-1].how = how
        try:
            with committing():
                do(step)
            cancelled |= step == "cancel"
        except (PaymentDeclined, NotRefundable, models.Payment.DoesNotExist):
            pass
        for row in models.Payment.objects.filter(order_id=order):
            known = balance(row.entries.order_by("id"))
            assert (row.status, row.refunded) == (known.status, known.refunded)
            assert 0 <= known.given <= known.refunded <= row.amount and known.given <= max(known.taken, 0)

    bank[-1].how = "yes"
    for _ in range(2):
        reconcile()
    row = models.Payment.objects.filter(order_id=order).first()
    if row and row.entries.exists():
        known = balance(row.entries.order_by("id"))
        assert not known.unanswered
        assert (known.held, known.taken, known.given) == (bank[-1].held, bank[-1].taken, bank[-1].given)
        assert row.difference == ""
    assert not (cancelled and bank[-1].held)


def test_what_a_version_without_the_ledger_left_is_explained(committing: Committing) -> None:
    rows = {}
    for status in PaymentStatus:
        rows[status] = models.Payment(id=uuid4(), order_id=uuid4(), customer_id=uuid4(), amount=AMOUNT, currency="EUR")
        rows[status].method, rows[status].status = "sandbox:approve", status
        rows[status].refunded = AMOUNT if status is PaymentStatus.REFUNDED else 0
        rows[status].save()
    models.Refund.objects.create(payment=rows[PaymentStatus.REFUNDED], amount=AMOUNT)
    for _ in range(2):
        execute("payments", "SELECT payments_explain(id) FROM payments_payment")
    for status, row in rows.items():
        known = balance(row.entries.order_by("id"))
        assert (known.status, known.refunded) == (status, row.refunded)
    assert [found for checked in audit.checks() for found in checked.findings] == []


def test_what_such_a_version_does_meanwhile_is_explained_when_it_is_touched() -> None:
    payment = call(Payments).authorise(uuid4(), uuid4(), Money(AMOUNT, "EUR"), "sandbox:approve")
    with transaction("payments"):
        models.Payment.objects.filter(id=payment.id).update(status="captured", refunded=400)
        models.Refund.objects.create(payment_id=payment.id, amount=400)
    with pytest.raises(NotRefundable) as refused:
        service.refund(uuid4(), payment.id, 601)
    assert refused.value.refundable == Money(600, "EUR")
    service.refund(uuid4(), payment.id, 100)
    assert [found for checked in audit.checks() for found in checked.findings] == []
    assert queries.payment_of(payment.id, None).refunded.amount == 500
