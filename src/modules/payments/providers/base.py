"""What a payment provider is asked, and what it may answer: the adapter interface."""

import enum
from collections.abc import Mapping
from typing import NamedTuple, Protocol
from uuid import UUID

from seamline.contract import Money

TOLERANCE_SECONDS = 300
"""How far a callback's timestamp may be from now, either way."""


class Outcome(enum.StrEnum):
    """What became of a request."""

    SUCCESS = "success"
    FAILURE = "failure"
    """It had no effect, and will have none."""
    PENDING = "pending"
    """Nothing is known: no answer came, or the provider has yet to decide."""


class Answer(NamedTuple):
    outcome: Outcome
    reason: str = ""
    """Why it failed, fit to be shown to the customer."""
    reference: str = ""
    """The provider's name for what the request made, where it made something."""


class Ask(NamedTuple):
    """A request about one payment. The provider knows a repeat by payment and key, and does it once."""

    payment_id: UUID
    key: str
    amount: Money
    token: str = ""
    """Of the customer's means of payment."""
    reference: str = ""
    """The provider's name for the payment; none for a payment of nothing."""

    @property
    def idempotency_key(self) -> str:
        return f"{self.payment_id}-{self.key}"


class Record(NamedTuple):
    """What a provider has of a payment. Amounts are in minor units."""

    authorisation: Answer
    held: int = 0
    """Set aside and not captured."""
    captured: int = 0
    refunded: int = 0


class Callback(NamedTuple):
    """What a provider tells of its own accord; verified."""

    event_id: str
    signature: str
    payment_id: UUID | None
    """None where it is about no payment of ours."""
    answer: Answer | None
    """What became of the authorisation, where it tells that."""
    reference: str | None = None
    """The provider's name for the payment, where it tells that."""


class Refused(Exception):
    """The provider will not open such a payment; the message is fit to be shown to the customer."""


class Provider(Protocol):
    """An adapter: each method asks once and answers within the deadline of the work under way.

    What is unknown is `PENDING` and is asked again, under the same key, by the job `reconcile`. No method is called
    inside a transaction.
    """

    keeps_records: bool
    """Whether `look_up` tells what there is, to be compared with the ledger."""

    def open(self, ask: Ask) -> str:
        """Make the payment known without setting money aside; return its reference.

        Raises `Refused`, or `Unavailable` where no answer came.
        """

    def authorise(self, ask: Ask) -> Answer: ...
    def capture(self, ask: Ask) -> Answer: ...
    def void(self, ask: Ask) -> Answer:
        """Free what is set aside, and have an authorisation that is under way set nothing aside."""

    def refund(self, ask: Ask) -> Answer: ...
    def look_up(self, ask: Ask) -> Record:
        """Read what became of the payment. Raises `Unavailable`."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """Read a callback. Raises `BadSignature` for one that the provider did not sign within five minutes."""
