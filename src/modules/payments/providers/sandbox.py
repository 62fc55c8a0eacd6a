"""A provider for trying things out: it takes no money and keeps nothing."""

from collections.abc import Mapping
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from modules.payments.providers import signatures
from modules.payments.providers.base import Answer, Ask, Callback, Outcome, Record
from seamline.contract import Value, text, whole
from seamline.module import setting

_DONE = Answer(Outcome.SUCCESS)
_DECLINED = "Declined"


class SandboxEvent(Value):
    """A provider's late answer."""

    id: Annotated[str, msgspec.Meta(pattern=whole("[A-Za-z0-9_-]{1,64}"), description="Of the event, once for each.")]
    payment_id: UUID
    outcome: Literal["authorised", "declined"]
    reason: Annotated[str, text(200, optional=True)] = ""


class Sandbox:
    """The token says what it answers."""

    keeps_records = False

    def open(self, ask: Ask) -> str:
        return str(ask.payment_id)

    def authorise(self, ask: Ask) -> Answer:
        match ask.token:
            case "approve":
                return _DONE
            case "timeout" | "silent":
                return Answer(Outcome.PENDING)
        return Answer(Outcome.FAILURE, "The card was declined")

    def capture(self, ask: Ask) -> Answer:
        return _DONE

    def void(self, ask: Ask) -> Answer:
        return _DONE

    def refund(self, ask: Ask) -> Answer:
        return _DONE

    def look_up(self, ask: Ask) -> Record:
        """Tell what became of an authorisation: `timeout` set the money aside, and only its answer was lost."""
        return Record(_DONE if ask.token in ("approve", "timeout") else Answer(Outcome.PENDING))

    def verify(self, headers: Mapping[str, str], body: bytes) -> Callback:
        secret = setting("payments", "CALLBACK_SECRET")
        signature = signatures.verify(secret, "sandbox", body, headers.get("X-Signature", ""))
        event = msgspec.json.decode(body, type=SandboxEvent)
        answer = _DONE if event.outcome == "authorised" else Answer(Outcome.FAILURE, event.reason or _DECLINED)
        return Callback(event.id, signature, event.payment_id, answer)
