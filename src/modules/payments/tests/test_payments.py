from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from contracts.orders import OrderCancelled, OrderReturned, OrderShipped
from contracts.payments import (
    Payment,
    PaymentAuthorised,
    PaymentDeclined,
    PaymentFailed,
    PaymentRefunded,
    Payments,
    PaymentStatus,
    UnknownPayment,
    UnknownProvider,
)
from modules.payments import audit, models, queries, reconciliation, service
from modules.payments.errors import NotRefundable
from modules.payments.providers import Answer, Ask, Outcome, Record
from modules.payments.providers.sandbox import Sandbox
from seamline.calls import call
from seamline.contract import InvalidArguments, Money
from seamline.testing import captured_events, deliver

Committing = Callable[[], AbstractContextManager[object]]
pytestmark = pytest.mark.django_db(databases=["payments"])
PRICE = Money(2500, "EUR")
CUSTOMER = uuid4()


def authorise(order: UUID, method: str = "sandbox:approve") -> Payment:
    return call(Payments).authorise(order, CUSTOMER, PRICE, method)


def status(order: UUID) -> PaymentStatus:
    return call(Payments).payment(order).status


def make_overdue() -> None:
    then = timezone.now() - reconciliation.OVERDUE
    models.Payment.objects.update(created_at=then)
    models.Payment.objects.filter(unanswered_since__isnull=False).update(unanswered_since=then)


def shipped(order: UUID) -> None:
    deliver(OrderShipped(order, CUSTOMER), to="payments")


def test_an_order_has_one_payment_however_often_it_is_asked_for() -> None:
    order = uuid4()
    first, second = authorise(order), authorise(order)
    assert first == second
    assert (first.status, first.amount, first.refunded) == (PaymentStatus.AUTHORISED, PRICE, Money(0, "EUR"))


def test_a_declined_payment_stays_declined() -> None:
    order = uuid4()
    for _ in range(2):
        with pytest.raises(PaymentDeclined) as refused:
            authorise(order, "sandbox:decline")
        assert (refused.value.order_id, refused.value.reason) == (order, "The card was declined")
    assert status(order) is PaymentStatus.DECLINED


def test_an_unknown_provider_is_refused_and_nothing_is_stored() -> None:
    order = uuid4()
    with pytest.raises(UnknownProvider):
        authorise(order, "nobody:approve")
    with pytest.raises(UnknownPayment):
        call(Payments).payment(order)


def test_less_than_nothing_cannot_be_authorised() -> None:
    with pytest.raises(InvalidArguments, match="negative"):
        call(Payments).authorise(uuid4(), CUSTOMER, Money(-1, "EUR"), "sandbox:approve")


@pytest.mark.parametrize(
    ("outcome", "event", "becomes"),
    [
        (Outcome.SUCCESS, PaymentAuthorised, PaymentStatus.AUTHORISED),
        (Outcome.FAILURE, PaymentFailed, PaymentStatus.DECLINED),
    ],
)
def test_a_late_answer_settles_the_payment_and_is_told_of_once(
    outcome: Outcome, event: type[PaymentAuthorised] | type[PaymentFailed], becomes: PaymentStatus
) -> None:
    order = uuid4()
    payment = authorise(order, "sandbox:timeout")
    assert payment.status is PaymentStatus.PENDING
    with captured_events(event) as published:
        for _ in range(2):
            service.settle(payment.id, Answer(outcome))
        assert [told.order_id for told in published()] == [order]
    assert status(order) is becomes


def test_a_settled_payment_ignores_another_answer() -> None:
    payment = authorise(uuid4())
    service.settle(payment.id, Answer(Outcome.FAILURE))
    assert status(payment.order_id) is PaymentStatus.AUTHORISED


def test_shipping_captures() -> None:
    order = authorise(uuid4()).order_id
    shipped(order)
    assert status(order) is PaymentStatus.CAPTURED


def test_cancelling_before_capture_voids() -> None:
    order = authorise(uuid4()).order_id
    deliver(OrderCancelled(order, CUSTOMER, PRICE), to="payments", times=2)
    assert status(order) is PaymentStatus.VOIDED


def test_a_return_after_capture_refunds_all_and_tells_of_it_once(committing: Committing) -> None:
    order = authorise(uuid4()).order_id
    with captured_events(PaymentRefunded) as published:
        with committing():
            shipped(order)
            deliver(OrderReturned(order, CUSTOMER, PRICE), to="payments", times=2)
        assert published() == [PaymentRefunded(order, CUSTOMER, PRICE)]
    assert status(order) is PaymentStatus.REFUNDED


def test_an_order_that_was_given_up_first_takes_no_money_later() -> None:
    order = uuid4()
    call(Payments).cancel(order)
    with pytest.raises(PaymentDeclined):
        authorise(order)
    assert status(order) is PaymentStatus.VOIDED


def test_a_voided_payment_is_not_revived_by_a_late_answer() -> None:
    payment = authorise(uuid4(), "sandbox:timeout")
    call(Payments).cancel(payment.order_id)
    with captured_events(PaymentAuthorised) as published:
        service.settle(payment.id, Answer(Outcome.SUCCESS))
        assert published() == []
    assert status(payment.order_id) is PaymentStatus.VOIDED


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> set[UUID]:
    """What a provider holds that dies with us as soon as it has set the money aside, the order given up meanwhile."""
    held: set[UUID] = set()

    def set_aside_too_late(self: Sandbox, ask: Ask) -> Answer:
        service.cancel(models.Payment.objects.get(id=ask.payment_id).order_id)
        held.add(ask.payment_id)
        raise KeyboardInterrupt

    def free(self: Sandbox, ask: Ask) -> Answer:
        held.discard(ask.payment_id)
        return Answer(Outcome.SUCCESS)

    monkeypatch.setattr(Sandbox, "authorise", set_aside_too_late)
    monkeypatch.setattr(Sandbox, "void", free)
    return held


@pytest.mark.parametrize("token", ["approve", "silent"])
def test_what_a_crash_left_set_aside_of_a_voided_payment_is_freed(
    held: set[UUID], token: str, committing: Committing
) -> None:
    order = uuid4()
    with pytest.raises(KeyboardInterrupt):
        authorise(order, f"sandbox:{token}")
    assert (status(order), len(held)) == (PaymentStatus.VOIDED, 1)
    reconciliation.run()
    assert held, "the provider may still be setting it aside"

    make_overdue()
    with committing():
        reconciliation.run()
    assert (status(order), held) == (PaymentStatus.VOIDED, set())
    assert not queries.unanswered(timedelta(0))


def test_an_audit_tells_of_what_a_provider_may_still_hold_when_it_should_be_free(held: set[UUID]) -> None:
    with pytest.raises(KeyboardInterrupt):
        authorise(uuid4())
    assert [found for checked in audit.checks() for found in checked.findings] == []
    models.Payment.objects.update(unanswered_since=timezone.now() - timedelta(hours=1))
    assert "may still hold" in str([found for checked in audit.checks() for found in checked.findings])


def test_refunds_add_up_to_what_was_captured_and_no_more() -> None:
    payment = authorise(uuid4())
    shipped(payment.order_id)
    partly = service.refund(uuid4(), payment.id, 1000)
    assert (partly.status, partly.refunded.amount) == (PaymentStatus.CAPTURED, 1000)
    with pytest.raises(NotRefundable) as refused:
        service.refund(uuid4(), payment.id, 1501)
    assert refused.value.refundable == Money(1500, "EUR")
    wholly = service.refund(uuid4(), payment.id, None)
    assert (wholly.status, wholly.refunded) == (PaymentStatus.REFUNDED, PRICE)


def test_what_was_not_captured_cannot_be_refunded() -> None:
    with pytest.raises(NotRefundable):
        service.refund(uuid4(), authorise(uuid4()).id, None)


def test_a_refund_that_comes_again_under_its_id_is_given_once() -> None:
    payment = authorise(uuid4())
    shipped(payment.order_id)
    refund = uuid4()
    answers = [service.refund(refund, payment.id, 1000) for _ in range(2)]
    assert [answer.refunded.amount for answer in answers] == [1000, 1000]


def test_an_order_that_cost_nothing_can_be_returned() -> None:
    order = uuid4()
    call(Payments).authorise(order, CUSTOMER, Money(0, "EUR"), "sandbox:approve")
    shipped(order)
    deliver(OrderReturned(order, CUSTOMER, Money(0, "EUR")), to="payments")
    assert status(order) is PaymentStatus.REFUNDED


def test_an_answer_that_was_lost_is_asked_for_again_when_it_is_overdue() -> None:
    order = uuid4()
    authorise(order, "sandbox:timeout")
    reconciliation.run()
    assert status(order) is PaymentStatus.PENDING

    make_overdue()
    with captured_events(PaymentAuthorised) as published:
        reconciliation.run()
        reconciliation.run()
        assert [event.order_id for event in published() if isinstance(event, PaymentAuthorised)] == [order]
    assert status(order) is PaymentStatus.AUTHORISED


def test_a_provider_that_fails_keeps_no_other_payment_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, settled = uuid4(), uuid4()
    failing = authorise(lost, "sandbox:timeout").id
    authorise(settled, "sandbox:timeout")
    make_overdue()
    look_up = Sandbox.look_up

    def fail_for_one(self: Sandbox, ask: Ask) -> Record:
        if ask.payment_id == failing:
            raise OSError("the line is down")
        return look_up(self, ask)

    monkeypatch.setattr(Sandbox, "look_up", fail_for_one)
    reconciliation.run()
    assert (status(lost), status(settled)) == (PaymentStatus.PENDING, PaymentStatus.AUTHORISED)


def test_a_provider_that_is_gone_keeps_no_other_payment_waiting() -> None:
    order = authorise(uuid4(), "sandbox:timeout").order_id
    make_overdue()
    gone = models.Payment(id=uuid4(), order_id=uuid4(), amount=1, currency="EUR", method="gone:approve")
    gone.status = PaymentStatus.PENDING
    gone.save()
    models.Payment.objects.filter(id=gone.id).update(created_at=timezone.now() - timedelta(hours=1))
    reconciliation.run()
    assert status(order) is PaymentStatus.AUTHORISED


def test_payments_that_never_get_an_answer_do_not_keep_others_from_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "BATCH", 2)
    for _ in range(3):
        authorise(uuid4(), "sandbox:silent")
    answered = uuid4()
    authorise(answered, "sandbox:timeout")
    make_overdue()
    tries = (reconciliation.run() or status(answered) for _ in range(200))
    assert PaymentStatus.AUTHORISED in tries
