"""A subscriber of `parcels` that does as it is told, and what its tests do with an outbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from contracts.parcels import ParcelSent, ParcelWeighed
from seamline.configuration.policies import delivery_policy
from seamline.contract import DeadlineExceeded, Unavailable
from seamline.databases import transaction
from seamline.events import publish, relay
from seamline.events.mailbox import Envelope, EventName, ModuleName, mailbox
from seamline.events.models import OutboxMessage, Subscription
from seamline.testing import fake_contract
from tests.deliveries import make_due

LISTENER = "listener"


class Listener:
    """A subscriber that remembers what it got, and fails when told to."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.batches: list[int] = []
        """How many events came with each call."""
        self.failing: set[str] = set()
        self.away = self.hanging = False

    def deliver(self, envelopes: tuple[Envelope, ...]) -> None:
        if self.away:
            raise Unavailable(module=LISTENER)
        if self.hanging:
            raise DeadlineExceeded(module=LISTENER)
        payloads = [envelope.payload for envelope in envelopes]
        if any(word in payload for payload in payloads for word in self.failing):
            raise RuntimeError("cannot handle this")
        self.got += payloads
        self.batches.append(len(payloads))

    def subscribe(self, subscriber: ModuleName, events: tuple[EventName, ...]) -> None: ...

    def ping(self) -> None:
        if self.away:
            raise Unavailable(module=LISTENER)


@contextmanager
def only_listener() -> Iterator[Listener]:
    """The one subscriber of `parcels` while the block lasts."""
    Subscription.objects.using("parcels").all().delete()
    for event in (ParcelSent, ParcelWeighed):
        Subscription.objects.using("parcels").create(module="parcels", event=event.event_name, subscriber=LISTENER)
    fake = Listener()
    with fake_contract(mailbox(LISTENER), fake):
        yield fake


def sent(parcel: UUID) -> ParcelSent:
    return ParcelSent(parcel, "north")


def weighed(parcel: UUID, weight: int = 200) -> ParcelWeighed:
    return ParcelWeighed(parcel, weight)


def publish_all(*events: ParcelSent | ParcelWeighed) -> None:
    with transaction("parcels"):
        for event in events:
            publish(event)


def all_due() -> None:
    """Make every waiting delivery due, and every claim lapsed."""
    make_due("parcels")


def states() -> list[str]:
    return list(OutboxMessage.objects.using("parcels").order_by("id").values_list("state", flat=True))


def die() -> None:
    """Deliver until what fails is dead."""
    for _ in range(delivery_policy().max_failures):
        all_due()
        relay.drain("parcels")
