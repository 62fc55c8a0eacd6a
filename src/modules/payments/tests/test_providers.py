"""Which providers take payments: those that the deployable is told of, and no others."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured

from contracts.payments import Payments, PaymentStatus, UnknownProvider
from modules.payments import models, providers, service
from seamline.calls import call
from seamline.contract import Money

pytestmark = pytest.mark.django_db(databases=["payments"])
PRICE = Money(2500, "EUR")


@pytest.fixture
def providers_are(settings: Any) -> Any:
    def told(names: str, **more: str) -> None:
        ours = {**settings.MODULE_SETTINGS["payments"], "PROVIDERS": names, **more}
        settings.MODULE_SETTINGS = {"payments": ours}

    return told


def test_a_provider_that_is_not_on_takes_no_payment(providers_are: Any) -> None:
    providers_are("another")
    order = uuid4()
    with pytest.raises(UnknownProvider):
        call(Payments).authorise(order, uuid4(), PRICE, "sandbox:approve")
    assert not models.Payment.objects.filter(order_id=order).exists()


def test_what_was_paid_while_it_was_on_is_captured_and_given_back(providers_are: Any) -> None:
    payment = call(Payments).authorise(uuid4(), uuid4(), PRICE, "sandbox:approve")
    providers_are("another")
    service.capture(payment.order_id)
    assert service.refund(uuid4(), payment.id, None).status is PaymentStatus.REFUNDED


STRIPE = {"STRIPE_API_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}


@pytest.mark.parametrize(
    ("names", "more", "said"),
    [
        ("", {}, "PAYMENTS_PROVIDERS is ''.* of sandbox, stripe"),
        (" , ", {}, "PAYMENTS_PROVIDERS"),
        ("SANDBOX", {}, "PAYMENTS_PROVIDERS"),
        ("sandbox,paypal", {}, "PAYMENTS_PROVIDERS"),
        ("stripe", {}, "PAYMENTS_STRIPE_API_KEY is ''"),
        ("sandbox", {"STRIPE_API_KEY": "sk_test_1"}, "PAYMENTS_STRIPE_WEBHOOK_SECRET is ''"),
        ("stripe", STRIPE | {"STRIPE_WEBHOOK_SECRET": "secret"}, "PAYMENTS_STRIPE_WEBHOOK_SECRET is '…'"),
        ("stripe", STRIPE | {"STRIPE_BASE_URL": "http://stripe.example"}, "PAYMENTS_STRIPE_BASE_URL is .*https"),
    ],
)
def test_what_a_provider_lacks_is_found_out_at_start(
    providers_are: Any, names: str, more: dict[str, str], said: str
) -> None:
    providers_are(names, **more)
    with pytest.raises(ImproperlyConfigured, match=said):
        providers.check_settings()


def test_names_may_have_spaces_around_them(providers_are: Any) -> None:
    providers_are(" sandbox , stripe,", **STRIPE)
    providers.check_settings()
