"""Stripe, by its library, against a process that answers as Stripe does."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import stripe
from django.utils import timezone

from contracts.orders import OrderReturned, OrderShipped
from contracts.payments import Payment, PaymentAuthorised, PaymentDeclined, Payments, PaymentStatus
from modules.payments import audit, models, queries, reconciliation, service
from modules.payments.ledger import Account
from modules.payments.providers import Answer, Ask, Outcome, Refused
from modules.payments.providers.stripe import Stripe
from modules.payments.tests.conftest import Double
from modules.payments.tests.stripe_shapes import Unfit, check_object, check_parameters
from seamline.calls import call
from seamline.context import working_for
from seamline.contract import Money, Unavailable
from seamline.testing import captured_events, deliver

Committing = Callable[[], AbstractContextManager[object]]
pytestmark = pytest.mark.django_db(databases=["payments"])
PRICE = Money(2500, "EUR")
CUSTOMER = uuid4()
KEYS = {"create": "open", "confirm": "authorise", "capture": "capture"}


def authorise(order: UUID, means: str = "pm_card_visa", amount: Money = PRICE) -> Payment:
    return call(Payments).authorise(order, CUSTOMER, amount, f"stripe:{means}")


def status(order: UUID) -> PaymentStatus:
    return call(Payments).payment(order).status


def make_overdue() -> None:
    then = timezone.now() - reconciliation.OVERDUE
    models.Payment.objects.filter(unanswered_since__isnull=False).update(unanswered_since=then)
    models.Payment.objects.filter(compare_at__isnull=False).update(compare_at=then)


def reconcile(committing: Committing) -> None:
    make_overdue()
    with committing():
        reconciliation.run()


def findings() -> str:
    return str([found for checked in audit.checks() for found in checked.findings])


@pytest.fixture
def captured(double: Double, committing: Committing) -> Payment:
    payment = authorise(uuid4())
    with committing():
        deliver(OrderShipped(payment.order_id, CUSTOMER), to="payments")
    return payment


def test_money_is_set_aside_captured_and_given_back(double: Double, captured: Payment, committing: Committing) -> None:
    assert double.intent_of(captured.id)["amount_received"] == 2500
    with committing():
        service.refund(uuid4(), captured.id, 1000)
    with committing():
        deliver(OrderReturned(captured.order_id, CUSTOMER, PRICE), to="payments", times=2)
    intent = double.intent_of(captured.id)
    given = [each["amount"] for each in double.has()["refunds"] if each["payment_intent"] == intent["id"]]
    assert (status(captured.order_id), sorted(given)) == (PaymentStatus.REFUNDED, [1000, 1500])
    assert not queries.unanswered(timedelta(0))


def test_every_request_that_has_an_effect_carries_a_key_of_its_payment(double: Double, captured: Payment) -> None:
    asked = {each["action"]: each["key"] for each in double.has()["log"] if str(captured.id) in (each["key"] or "")}
    assert asked == {action: f"{captured.id}-{key}" for action, key in KEYS.items()}


@pytest.mark.parametrize(
    ("means", "amount", "said"),
    [
        ("pm_declined", 2500, "Your card was declined."),
        ("pm_authentication", 2500, "This payment needs authentication."),
        ("pm_nobody_has", 2500, "The payment was refused"),
        ("pm_card_visa", 10, "The payment was refused"),
    ],
)
def test_what_stripe_refuses_is_declined(double: Double, means: str, amount: int, said: str) -> None:
    order = uuid4()
    for _ in range(2):
        with pytest.raises(PaymentDeclined) as refused:
            authorise(order, means, Money(amount, "EUR"))
        assert refused.value.reason == said
    assert status(order) is PaymentStatus.DECLINED


def test_an_order_that_costs_nothing_is_no_affair_of_stripes(double: Double, committing: Committing) -> None:
    asked = len(double.has()["log"])
    order = authorise(uuid4(), amount=Money(0, "EUR")).order_id
    with committing():
        deliver(OrderShipped(order, CUSTOMER), to="payments")
    assert (status(order), len(double.has()["log"])) == (PaymentStatus.CAPTURED, asked)


def test_an_authorisation_whose_answer_was_lost_is_found(double: Double, committing: Committing) -> None:
    double.fail("confirm", "lost")
    order = authorise(uuid4()).order_id
    assert status(order) is PaymentStatus.PENDING
    with captured_events(PaymentAuthorised) as published:
        reconcile(committing)
        assert [event.order_id for event in published() if isinstance(event, PaymentAuthorised)] == [order]
    assert status(order) is PaymentStatus.AUTHORISED


def test_an_authorisation_that_never_came_there_is_asked_again(double: Double, committing: Committing) -> None:
    double.fail("confirm", "refused")
    order = authorise(uuid4()).order_id
    assert status(order) is PaymentStatus.PENDING
    reconcile(committing)
    assert status(order) is PaymentStatus.AUTHORISED


def test_a_payment_that_cannot_be_opened_is_tried_again_by_its_caller(double: Double) -> None:
    order = uuid4()
    double.fail("create", "lost")
    with pytest.raises(Unavailable):
        authorise(order)
    payment = authorise(order)
    assert payment.status is PaymentStatus.AUTHORISED
    assert double.intent_of(payment.id), "and there is one alone"


@pytest.mark.parametrize("how", ["refused", "lost"])
@pytest.mark.parametrize("action", ["capture", "refund", "cancel"])
def test_what_was_decided_is_done_once_though_no_answer_came(
    double: Double, committing: Committing, action: str, how: str
) -> None:
    payment = authorise(uuid4())
    double.fail(action, how)
    with committing():
        if action == "cancel":
            call(Payments).cancel(payment.order_id)
        else:
            deliver(OrderShipped(payment.order_id, CUSTOMER), to="payments")
    if action == "refund":
        with committing():
            service.refund(uuid4(), payment.id, 1000)
    assert queries.unanswered(timedelta(0)) == [payment.id]
    double.forget_keys()
    for _ in range(2):
        reconcile(committing)
    assert queries.unanswered(timedelta(0)) == []
    intent = double.intent_of(payment.id)
    given = [each["amount"] for each in double.has()["refunds"] if each["payment_intent"] == intent["id"]]
    assert intent["status"] == ("canceled" if action == "cancel" else "succeeded")
    assert given == ([1000] if action == "refund" else [])
    assert findings() == "[]"


def test_what_was_authorised_after_its_order_was_cancelled_is_voided(double: Double, committing: Committing) -> None:
    payment = authorise(uuid4(), "pm_slow")
    # The void does not come through, and its process dies; Stripe sets the money aside in the end.
    double.fail("cancel", "refused")
    with committing():
        call(Payments).cancel(payment.order_id)
    assert (status(payment.order_id), double.intent_of(payment.id)["status"]) == (PaymentStatus.VOIDED, "processing")
    reconcile(committing)
    assert double.intent_of(payment.id)["status"] == "canceled"
    assert queries.unanswered(timedelta(0)) == []


def test_nothing_is_set_aside_for_an_order_that_was_given_up(double: Double) -> None:
    order = uuid4()
    call(Payments).cancel(order)
    asked = len(double.has()["log"])
    with pytest.raises(PaymentDeclined):
        authorise(order)
    assert len(double.has()["log"]) == asked


def test_what_stripe_has_otherwise_than_the_ledger_is_told_of(
    double: Double, captured: Payment, committing: Committing
) -> None:
    reconcile(committing)
    assert findings() == "[]"
    account = stripe.StripeClient("sk_test_double", base_addresses={"api": double.url})
    reference = queries.reference_of(captured.id) or ""
    account.v1.refunds.create({"payment_intent": reference, "amount": 300, "metadata": {"by": "hand"}})
    models.Payment.objects.update(compare_at=timezone.now())
    reconcile(committing)
    assert "refunded: 300 at the provider, 0 by the ledger" in findings()


def test_what_stripe_holds_of_a_voided_payment_is_voided_again(double: Double, committing: Committing) -> None:
    held = authorise(uuid4())
    # By the ledger it was freed, and it was not.
    account = Account(models.Payment.objects.get(id=held.id))
    account.request(models.Operation.VOID, "void")
    account.answer("void", models.State.SUCCESS)
    account.save()
    reconcile(committing)
    assert double.intent_of(held.id)["status"] == "canceled"


def test_an_answer_without_an_end_is_not_waited_for(double: Double) -> None:
    provider = Stripe("sk_test_double", double.url)
    ask = Ask(uuid4(), "authorise", PRICE, "pm_card_visa")
    ask = ask._replace(reference=provider.open(ask._replace(key="open")))
    double.fail("confirm", "endless")
    began = time.monotonic()
    with working_for("payments", 1.5):
        assert provider.authorise(ask).outcome is Outcome.PENDING
        assert time.monotonic() - began < 1.5, "nothing is left to note it in"


def test_a_wrong_key_of_ours_is_no_refusal_of_a_payment(double: Double) -> None:
    provider = Stripe("sk_test_wrong", double.url)
    with pytest.raises(Unavailable):
        provider.open(Ask(uuid4(), "open", PRICE))
    assert provider.capture(Ask(uuid4(), "capture", PRICE, reference="pi_1")) == Answer(Outcome.PENDING)


def test_a_currency_that_stripe_counts_otherwise_keeps_its_worth(double: Double) -> None:
    payment = authorise(uuid4(), amount=Money(700, "ISK"))
    assert double.intent_of(payment.id)["amount"] == 70000
    provider = Stripe("sk_test_double", double.url)
    ask = Ask(payment.id, "authorise", Money(700, "ISK"), reference=queries.reference_of(payment.id) or "")
    assert provider.look_up(ask).held == 700


def test_the_double_is_held_to_the_librarys_types() -> None:
    with pytest.raises(Unfit, match="has no \\['payment_method_types'\\]"):
        check_parameters("PaymentIntentCreateParams", {"amount": 1, "currency": "eur", "payment_method_types": []})
    with pytest.raises(Unfit, match="lacks \\['currency'\\]"):
        check_parameters("PaymentIntentCreateParams", {"amount": 1})
    refund = {"id": "re_1", "object": "refund", "amount": 1, "created": 1, "currency": "eur"}
    check_object(stripe.Refund, refund)
    for wrong in ({"amount": "1"}, {"paid": True}, {"object": "payment_intent"}):
        with pytest.raises(Unfit):
            check_object(stripe.Refund, refund | wrong)
    with pytest.raises(Unfit, match="always has amount"):
        check_object(stripe.Refund, {"id": "re_1"})


def test_a_payment_that_stripe_will_not_open_is_refused_by_the_adapter(double: Double) -> None:
    with pytest.raises(Refused):
        Stripe("sk_test_double", double.url).open(Ask(uuid4(), "open", Money(1, "EUR")))
