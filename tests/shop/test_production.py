"""What the shop has to be told in production, beside what every deployable has to be."""

from tests.packaging import production


def test_it_takes_no_payments_by_a_provider_that_nobody_named() -> None:
    assert "set PAYMENTS_PROVIDERS" in production.refusal(**production.settings() | {"PAYMENTS_PROVIDERS": ""})
    assert "PAYMENTS_PROVIDERS is 'paypal'" in production.refusal(
        **production.settings() | {"PAYMENTS_PROVIDERS": "paypal"}
    )
    assert "PAYMENTS_STRIPE_API_KEY is ''" in production.refusal(
        **production.settings() | {"PAYMENTS_PROVIDERS": "stripe"}
    )
    assert production.refusal(**production.settings() | {"PAYMENTS_PROVIDERS": "sandbox"}) == ""
