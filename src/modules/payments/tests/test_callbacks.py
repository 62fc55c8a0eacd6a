"""Callbacks: signed by their provider not long ago, taken once, and about its own payments alone."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest
import stripe
from rest_framework.test import APIRequestFactory

from contracts.payments import Payment, Payments, PaymentStatus
from modules.payments import models, queries, service
from modules.payments.api import StripeCallbackView
from modules.payments.errors import BadSignature, CallbackReplayed, NoSuchPayment
from modules.payments.providers import provider_named
from modules.payments.providers.signatures import sign
from modules.payments.tests.conftest import Double
from seamline.calls import call
from seamline.contract import Money
from seamline.module import setting

pytestmark = pytest.mark.django_db(databases=["payments"])
PRICE = Money(2500, "EUR")
AUTHORISED = "payment_intent.amount_capturable_updated"


def waiting(method: str) -> Payment:
    return call(Payments).authorise(uuid4(), uuid4(), PRICE, method)


def status(payment: Payment) -> PaymentStatus:
    return call(Payments).payment(payment.order_id).status


def from_sandbox(payment: Payment, event: str, age: int = 0, signer: str = "sandbox", now: float | None = None) -> Any:
    body = json.dumps({"id": event, "payment_id": str(payment.id), "outcome": "authorised"}).encode()
    secret = setting("payments", "CALLBACK_SECRET")
    headers = {"X-Signature": sign(secret, signer, body, int(now or time.time()) - age)}
    return service.take_callback("sandbox", provider_named("sandbox").verify(headers, body))


def from_stripe(
    intent: dict[str, Any], event: str, kind: str = AUTHORISED, age: int = 0, secret: str = "whsec_double"
) -> Any:
    about = {"id": event, "object": "event", "type": kind, "data": {"object": intent}}
    body = json.dumps(about)
    header = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=int(time.time()) - age)
    return service.take_callback("stripe", provider_named("stripe").verify({"Stripe-Signature": header}, body.encode()))


@pytest.mark.parametrize("age", [301, -301])
def test_a_signature_is_good_for_five_minutes(age: int) -> None:
    payment = waiting("sandbox:timeout")
    with pytest.raises(BadSignature):
        from_sandbox(payment, "evt_1", age)
    assert status(payment) is PaymentStatus.PENDING
    from_sandbox(payment, "evt_1", age=290)
    assert status(payment) is PaymentStatus.AUTHORISED


def test_a_signature_is_good_for_one_provider() -> None:
    payment = waiting("sandbox:timeout")
    with pytest.raises(BadSignature):
        from_sandbox(payment, "evt_1", signer="stripe")


def test_the_same_bytes_are_refused_and_an_event_that_comes_again_changes_nothing() -> None:
    payment, other = waiting("sandbox:timeout"), waiting("sandbox:timeout")
    now = time.time()
    from_sandbox(payment, "evt_1", age=1, now=now)
    with pytest.raises(CallbackReplayed):
        from_sandbox(payment, "evt_1", age=1, now=now)
    assert from_sandbox(payment, "evt_1", age=0, now=now).status is PaymentStatus.AUTHORISED
    from_sandbox(other, "evt_1")
    assert status(other) is PaymentStatus.PENDING, "an event is taken once"


def test_an_event_that_could_not_be_taken_may_come_again() -> None:
    payment = waiting("sandbox:timeout")
    unknown = Payment(uuid4(), uuid4(), PaymentStatus.PENDING, PRICE, Money(0, "EUR"))
    with pytest.raises(NoSuchPayment):
        from_sandbox(unknown, "evt_1")
    from_sandbox(payment, "evt_1")
    assert status(payment) is PaymentStatus.AUTHORISED


def test_stripe_settles_a_payment_of_its_own(double: Double) -> None:
    payment = waiting("stripe:pm_slow")
    intent = double.intent_of(payment.id)
    for wrong in ({"secret": "whsec_guessed"}, {"age": 301}, {"age": -301}):
        with pytest.raises(BadSignature):
            from_stripe(intent, "evt_1", **wrong)
    assert status(payment) is PaymentStatus.PENDING
    assert from_stripe(intent, "evt_1").id == payment.id
    assert status(payment) is PaymentStatus.AUTHORISED


def test_stripe_tells_why_it_declined(double: Double) -> None:
    payment = waiting("stripe:pm_slow")
    error = {"last_payment_error": {"type": "card_error", "message": "Your card has expired."}}
    from_stripe(double.intent_of(payment.id) | error, "evt_2", "payment_intent.payment_failed")
    assert status(payment) is PaymentStatus.DECLINED
    assert models.Payment.objects.get(id=payment.id).reason == "Your card has expired."


def test_a_provider_speaks_of_its_own_payments_alone(double: Double, settings: Any) -> None:
    of_stripe = waiting("stripe:pm_slow")
    ours = settings.MODULE_SETTINGS["payments"]
    settings.MODULE_SETTINGS = {"payments": ours | {"PROVIDERS": "sandbox,stripe"}}
    of_sandbox = waiting("sandbox:timeout")
    with pytest.raises(NoSuchPayment):
        from_sandbox(of_stripe, "evt_3")
    intent = double.intent_of(of_stripe.id)
    with pytest.raises(NoSuchPayment):
        from_stripe(intent | {"metadata": {"payment_id": str(of_sandbox.id)}}, "evt_3")
    with pytest.raises(NoSuchPayment):
        from_stripe(intent | {"id": "pi_another"}, "evt_3")
    assert (status(of_stripe), status(of_sandbox)) == (PaymentStatus.PENDING, PaymentStatus.PENDING)


def test_stripe_is_answered_as_it_expects(double: Double, settings: Any) -> None:
    payment = waiting("stripe:pm_slow")
    about = {"id": "evt_9", "object": "event", "type": AUTHORISED, "livemode": True}
    body = json.dumps(about | {"data": {"object": double.intent_of(payment.id)}})

    def send(signature: str) -> tuple[int, Any]:
        headers = {"Stripe-Signature": signature}
        request = APIRequestFactory().post("/", body, content_type="application/json", headers=headers)
        answer = StripeCallbackView.as_view()(request)
        return answer.status_code, json.loads(answer.content)

    signature = stripe.WebhookSignature.generate_signature_header(body, "whsec_double")
    assert send("t=1,v1=0")[0] == 401
    assert send(signature) == (200, {"payment_id": str(payment.id)})
    assert send(signature)[0] == 409
    settings.MODULE_SETTINGS = {"payments": settings.MODULE_SETTINGS["payments"] | {"STRIPE_API_KEY": ""}}
    assert send(signature)[0] == 422, "nobody by that name is known"


def test_what_is_about_no_payment_of_ours_is_taken(double: Double) -> None:
    assert from_stripe({"id": "cus_1", "object": "customer"}, "evt_4", "customer.created") is None


def test_an_event_that_settles_nothing_has_the_payment_compared(double: Double) -> None:
    payment = waiting("stripe:pm_card_visa")
    models.Payment.objects.update(compare_at=None)
    charge = {"id": "ch_1", "object": "charge", "payment_intent": queries.reference_of(payment.id)}
    from_stripe(charge | {"metadata": {"payment_id": str(payment.id)}}, "evt_5", "charge.refunded")
    assert models.Payment.objects.get(id=payment.id).compare_at
