"""A subscriber of `orders` that does as it is told, and what its tests do with an outbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from contracts.orders import OrderCancelled, OrderCreated
from seamline.configuration.policies import delivery_policy
from seamline.contract import DeadlineExceeded, Money, Unavailable
from seamline.databases import transaction
from seamline.events import publish, relay
from seamline.events.mailbox import Envelope, EventName, ModuleName, mailbox
from seamline.events.models import OutboxMessage, Subscription
from seamline.testing import fake_contract
from tests.deliveries import make_due

CUSTOMER, PRICE = uuid4(), Money(100, "EUR")
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
    """The one subscriber of `orders` while the block lasts."""
    Subscription.objects.using("orders").all().delete()
    for event in (OrderCreated, OrderCancelled):
        Subscription.objects.using("orders").create(module="orders", event=event.event_name, subscriber=LISTENER)
    fake = Listener()
    with fake_contract(mailbox(LISTENER), fake):
        yield fake


def created(order: UUID) -> OrderCreated:
    return OrderCreated(order, CUSTOMER, PRICE)


def cancelled(order: UUID) -> OrderCancelled:
    return OrderCancelled(order, CUSTOMER, Money(200, "EUR"))


def publish_all(*events: OrderCreated | OrderCancelled) -> None:
    with transaction("orders"):
        for event in events:
            publish(event)


def all_due() -> None:
    """Make every waiting delivery due, and every claim lapsed."""
    make_due("orders")


def states() -> list[str]:
    return list(OutboxMessage.objects.using("orders").order_by("id").values_list("state", flat=True))


def die() -> None:
    """Deliver until what fails is dead."""
    for _ in range(delivery_policy().max_failures):
        all_due()
        relay.drain("orders")
