"""Stripe, by its own library: a PaymentIntent for each payment, captured by hand.

The PaymentIntent is made before money is set aside, so that there is a name by which it can be voided at any instant.
See Stripe's documentation, "Place a hold on a payment method", "Idempotent requests" and "Webhooks".
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from uuid import UUID

import stripe
import structlog

from modules.payments.errors import BadSignature
from modules.payments.providers import signatures
from modules.payments.providers.base import TOLERANCE_SECONDS, Answer, Ask, Callback, Outcome, Record, Refused
from modules.payments.providers.stripe_http import DeadlineClient
from seamline.contract import Money, Unavailable
from seamline.module import setting

log = structlog.get_logger("modules.payments")

_DONE, _UNKNOWN = Answer(Outcome.SUCCESS), Answer(Outcome.PENDING)
_WRONG_STATE = "payment_intent_unexpected_state"
_REFUSED = "The payment was refused"
_CENTS_OF = {"ISK": 100, "UGX": 100}
"""Currencies without decimals of which Stripe counts hundredths all the same: "Supported currencies", special cases."""
_GONE = ("failed", "canceled")
"""Statuses of a refund that gave nothing back."""
_LATE = {
    "payment_intent.amount_capturable_updated": Outcome.SUCCESS,
    "payment_intent.payment_failed": Outcome.FAILURE,
    "payment_intent.canceled": Outcome.FAILURE,
}
"""Events that tell what became of an authorisation. Others about a payment have it compared with the ledger."""


@lru_cache(maxsize=4)
def adapter(api_key: str, base_url: str) -> "Stripe":
    """Make the adapter of an account, once for all threads."""
    return Stripe(api_key, base_url)


class Stripe:
    keeps_records = True

    def __init__(self, api_key: str, base_url: str) -> None:
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": base_url.rstrip("/")},
            http_client=DeadlineClient(),
            max_network_retries=0,
        )

    @property
    def _intents(self) -> stripe.PaymentIntentService:
        return self._client.v1.payment_intents

    def open(self, ask: Ask) -> str:
        if not ask.amount.amount:
            # Stripe takes no payment of nothing, and there is nothing to take.
            return ""
        try:
            with _translated():
                made = self._intents.create(
                    {
                        "amount": _to_stripe(ask.amount),
                        "currency": ask.amount.currency.lower(),
                        "capture_method": "manual",
                        "allowed_payment_method_types": ["card"],
                        "metadata": {"payment_id": str(ask.payment_id)},
                    },
                    {"idempotency_key": ask.idempotency_key},
                )
        except stripe.InvalidRequestError as error:
            # An amount or a currency that Stripe does not take.
            log.warning("stripe_refused", payment_id=str(ask.payment_id), code=error.code, error=str(error))
            raise Refused(_REFUSED) from None
        return made.id

    def authorise(self, ask: Ask) -> Answer:
        def confirm() -> Answer:
            # Nobody is there for a step of the bank's: where it wants one, the payment is declined.
            return _authorisation(
                self._intents.confirm(
                    ask.reference,
                    {"payment_method": ask.token, "error_on_requires_action": True},
                    {"idempotency_key": ask.idempotency_key},
                )
            )

        return self._ask(ask, confirm, _authorisation)

    def capture(self, ask: Ask) -> Answer:
        def capture() -> Answer:
            return _captured(self._intents.capture(ask.reference, {}, {"idempotency_key": ask.idempotency_key}))

        return self._ask(ask, capture, _captured)

    def void(self, ask: Ask) -> Answer:
        def cancel() -> Answer:
            return _voided(self._intents.cancel(ask.reference, {}, {"idempotency_key": ask.idempotency_key}))

        return self._ask(ask, cancel, _voided)

    def refund(self, ask: Ask) -> Answer:
        def refund() -> Answer:
            # Stripe forgets idempotency keys after a day; its list of refunds it does not forget.
            for known in self._refunds(ask.reference):
                if getattr(known.metadata, "key", None) == ask.key:
                    return _refunded(known)
            return _refunded(
                self._client.v1.refunds.create(
                    {
                        "payment_intent": ask.reference,
                        "amount": _to_stripe(ask.amount),
                        "metadata": {"payment_id": str(ask.payment_id), "key": ask.key},
                    },
                    {"idempotency_key": ask.idempotency_key},
                )
            )

        return self._ask(ask, refund)

    def look_up(self, ask: Ask) -> Record:
        if not ask.reference:
            return Record(_DONE)
        with _translated():
            intent = self._intents.retrieve(ask.reference)
            given = sum(each.amount for each in self._refunds(ask.reference) if each.status not in _GONE)
        cents = _CENTS_OF.get(ask.amount.currency, 1)
        held = intent.amount_capturable if intent.status == "requires_capture" else 0
        return Record(_authorisation(intent), held // cents, intent.amount_received // cents, given // cents)

    def verify(self, headers: Mapping[str, str], body: bytes) -> Callback:
        header, secret = headers.get("Stripe-Signature", ""), setting("payments", "STRIPE_WEBHOOK_SECRET")
        try:
            event = stripe.Webhook.construct_event(body, header, secret, TOLERANCE_SECONDS)
            signatures.refuse_stale(_timestamp(header))
            about = event.data.object.to_dict()
        except (stripe.SignatureVerificationError, ValueError, AttributeError, KeyError, IndexError):
            raise BadSignature() from None
        reference = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
        outcome = _LATE.get(event.type)
        reason = _reason(about.get("last_payment_error")) if outcome is Outcome.FAILURE else ""
        answer = Answer(outcome, reason) if outcome else None
        return Callback(event.id, _signature(header), _payment_id(about), answer, str(reference or ""))

    def _refunds(self, reference: str) -> Iterator[stripe.Refund]:
        return self._client.v1.refunds.list({"payment_intent": reference, "limit": 100}).auto_paging_iter()

    def _ask(
        self, ask: Ask, send: Callable[[], Answer], read: Callable[[stripe.PaymentIntent], Answer] | None = None
    ) -> Answer:
        """Send a request; where it came too late to have an effect, `read` tells from what is there if it had one."""
        if not ask.reference:
            return _DONE
        try:
            with _translated():
                try:
                    return send()
                except stripe.InvalidRequestError as error:
                    if error.code == _WRONG_STATE and read:
                        found = read(self._intents.retrieve(ask.reference))
                        return found if found.outcome is not Outcome.PENDING else Answer(Outcome.FAILURE, _REFUSED)
                    log.warning("stripe_refused", payment_id=str(ask.payment_id), key=ask.key, error=str(error))
                    return Answer(Outcome.FAILURE, _REFUSED)
        except stripe.CardError as error:
            return Answer(Outcome.FAILURE, _short(error.user_message))
        except Unavailable:
            return _UNKNOWN


@contextmanager
def _translated() -> Iterator[None]:
    """Have what leaves the effect unknown be `Unavailable`. What is refused stays as it is."""
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError):
        raise
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        # A matter of our settings: what was asked is asked again once they are right.
        log.error("stripe_refuses_us", error=str(error))
        raise Unavailable("payments") from None
    except stripe.StripeError as error:
        log.warning("stripe_unavailable", kind=type(error).__name__, error=str(error))
        raise Unavailable("payments") from None


def _authorisation(intent: stripe.PaymentIntent) -> Answer:
    if intent.status in ("requires_capture", "succeeded"):
        return _DONE
    if intent.status in ("canceled", "requires_action") or intent.last_payment_error:
        return Answer(Outcome.FAILURE, _reason(intent.last_payment_error))
    return _UNKNOWN


def _captured(intent: stripe.PaymentIntent) -> Answer:
    return _ended(intent, "succeeded", "canceled")


def _voided(intent: stripe.PaymentIntent) -> Answer:
    return _ended(intent, "canceled", "succeeded")


def _ended(intent: stripe.PaymentIntent, wanted: str, other: str) -> Answer:
    if intent.status == wanted:
        return _DONE
    return Answer(Outcome.FAILURE, f"It is {other} at Stripe") if intent.status == other else _UNKNOWN


def _refunded(refund: stripe.Refund) -> Answer:
    if refund.status == "succeeded":
        return Answer(Outcome.SUCCESS, reference=refund.id)
    if refund.status in _GONE:
        return Answer(Outcome.FAILURE, _short(refund.failure_reason), refund.id)
    return Answer(Outcome.PENDING, reference=refund.id)


def _to_stripe(money: Money) -> int:
    return money.amount * _CENTS_OF.get(money.currency, 1)


def _reason(error: object) -> str:
    message = error.get("message") if isinstance(error, dict) else getattr(error, "message", None)
    return _short(message)


def _short(message: object) -> str:
    return str(message or _REFUSED)[:200]


def _timestamp(header: str) -> int:
    return int(next(part[2:] for part in header.split(",") if part.startswith("t=")))


def _signature(header: str) -> str:
    return next(part[3:] for part in header.split(",") if part.startswith("v1="))[:64]


def _payment_id(about: Mapping[str, object]) -> UUID | None:
    metadata = about.get("metadata")
    try:
        return UUID(str(metadata["payment_id"])) if isinstance(metadata, Mapping) else None
    except (KeyError, ValueError):
        return None
