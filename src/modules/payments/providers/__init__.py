"""Payment providers: which there are, and which take new payments."""

from urllib.parse import urlsplit

from contracts.payments import UnknownProvider
from modules.payments.providers.base import Answer, Ask, Callback, Outcome, Provider, Record, Refused
from modules.payments.providers.sandbox import Sandbox
from seamline.module import setting
from seamline.setting_errors import HIDDEN, invalid_setting

__all__ = [
    "Answer",
    "Ask",
    "Callback",
    "Outcome",
    "Provider",
    "Record",
    "Refused",
    "check_settings",
    "provider_named",
    "provider_of",
    "refuse_unknown",
]

NAMES = ("sandbox", "stripe")
_SANDBOX = Sandbox()
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def provider_named(name: str) -> Provider:
    """Find a provider by name, also where it takes new payments no more. Raises `UnknownProvider`."""
    if name == "sandbox":
        return _SANDBOX
    if name == "stripe" and setting("payments", "STRIPE_API_KEY"):
        # Its library takes half a second to import: only those that use it pay for it.
        from modules.payments.providers import stripe

        return stripe.adapter(setting("payments", "STRIPE_API_KEY"), setting("payments", "STRIPE_BASE_URL"))
    raise UnknownProvider(name)


def provider_of(method: str) -> tuple[Provider, str]:
    """Find the provider and the token of a payment. Raises `UnknownProvider`."""
    name, _, token = method.partition(":")
    return provider_named(name), token


def refuse_unknown(method: str) -> None:
    """Refuse a new payment by a provider that takes none. Raises `UnknownProvider`."""
    name = method.partition(":")[0]
    if name not in _taking_payments():
        raise UnknownProvider(name)


def check_settings() -> None:
    """Find out at start what a provider lacks. Raises `ImproperlyConfigured`."""
    if not _taking_payments() or _taking_payments() - set(NAMES):
        expected = f"names of providers with commas between, of {', '.join(NAMES)}"
        raise invalid_setting("PAYMENTS_PROVIDERS", setting("payments", "PROVIDERS"), expected)
    key, secret = setting("payments", "STRIPE_API_KEY"), setting("payments", "STRIPE_WEBHOOK_SECRET")
    if not key and "stripe" in _taking_payments():
        expected = "a secret key of Stripe, such as sk_live_…, where PAYMENTS_PROVIDERS names stripe"
        raise invalid_setting("PAYMENTS_STRIPE_API_KEY", key, expected)
    if key and not secret.startswith("whsec_"):
        expected = "the signing secret of the webhook at Stripe, whsec_…, where PAYMENTS_STRIPE_API_KEY is set"
        raise invalid_setting("PAYMENTS_STRIPE_WEBHOOK_SECRET", HIDDEN if secret else "", expected)
    address = urlsplit(setting("payments", "STRIPE_BASE_URL"))
    if not address.hostname or (address.scheme, address.hostname in _LOOPBACK) not in (
        ("https", False),
        ("https", True),
        ("http", True),
    ):
        expected = "an address with https, for the secret key goes there; http on this machine alone"
        raise invalid_setting("PAYMENTS_STRIPE_BASE_URL", address.geturl(), expected)


def _taking_payments() -> frozenset[str]:
    return frozenset(filter(None, map(str.strip, setting("payments", "PROVIDERS").split(","))))
