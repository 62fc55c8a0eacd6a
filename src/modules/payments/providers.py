"""Payment providers: how each is asked, and what it may answer."""

import enum
import hashlib
import hmac
from typing import NamedTuple, Protocol
from uuid import UUID

from contracts.payments import UnknownProvider
from seamline.contract import Money
from seamline.module import setting
from seamline.setting_errors import invalid_setting


class Outcome(enum.StrEnum):
    """What a provider says to an authorisation."""

    AUTHORISED = "authorised"
    DECLINED = "declined"
    PENDING = "pending"
    """Nothing yet; a callback will tell."""


class Answer(NamedTuple):
    outcome: Outcome
    reason: str = ""


class Provider(Protocol):
    """Every request carries the id of the payment or refund, by which the provider knows a repeat."""

    def authorise(self, payment_id: UUID, amount: Money, token: str) -> Answer: ...
    def inquire(self, payment_id: UUID, token: str) -> Answer: ...
    def capture(self, payment_id: UUID) -> None: ...
    def void(self, payment_id: UUID) -> None: ...
    def refund(self, refund_id: UUID, amount: Money) -> None: ...


class Sandbox:
    """A provider for trying things out: the token says what it answers."""

    def authorise(self, payment_id: UUID, amount: Money, token: str) -> Answer:
        match token:
            case "approve":
                return Answer(Outcome.AUTHORISED)
            case "timeout" | "silent":
                return Answer(Outcome.PENDING)
        return Answer(Outcome.DECLINED, "The card was declined")

    def inquire(self, payment_id: UUID, token: str) -> Answer:
        """What became of an authorisation: `timeout` set the money aside, and only its answer was lost."""
        return Answer(Outcome.AUTHORISED if token in ("approve", "timeout") else Outcome.PENDING)

    def capture(self, payment_id: UUID) -> None:
        """The sandbox keeps nothing."""

    def void(self, payment_id: UUID) -> None:
        """The sandbox keeps nothing."""

    def refund(self, refund_id: UUID, amount: Money) -> None:
        """The sandbox keeps nothing."""


_PROVIDERS: dict[str, Provider] = {"sandbox": Sandbox()}


def provider_of(method: str) -> tuple[Provider, str]:
    """Find the provider and the token of a payment, also where it takes new ones no more. Raises `UnknownProvider`."""
    name, _, token = method.partition(":")
    if name not in _PROVIDERS:
        raise UnknownProvider(name)
    return _PROVIDERS[name], token


def refuse_unknown(method: str) -> None:
    """Refuse a new payment by a provider that takes none. Raises `UnknownProvider`."""
    name = method.partition(":")[0]
    if name not in _taking_payments():
        raise UnknownProvider(name)


def check_settings() -> None:
    """Find out at start that a provider is named that there is not. Raises `ImproperlyConfigured`."""
    if not _taking_payments() or _taking_payments() - _PROVIDERS.keys():
        expected = f"names of providers with commas between, of {', '.join(_PROVIDERS)}"
        raise invalid_setting("PAYMENTS_PROVIDERS", setting("payments", "PROVIDERS"), expected)


def _taking_payments() -> frozenset[str]:
    return frozenset(filter(None, map(str.strip, setting("payments", "PROVIDERS").split(","))))


def signed_by_provider(body: bytes, signature: str) -> bool:
    """Whether a callback's `X-Signature` is the HMAC-SHA256 of its body: `sha256=<hex>`."""
    secret = setting("payments", "CALLBACK_SECRET")
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
