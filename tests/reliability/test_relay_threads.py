"""Schedulers in real threads, on committed rows: several at once, and subscribers that hang."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from contracts.parcels import ParcelWeighed
from seamline.configuration.policies import delivery_policy
from seamline.databases import transaction
from seamline.events import publish
from seamline.events.delivery_pool import DeliveryPool
from seamline.events.mailbox import Envelope, EventName, ModuleName, mailbox
from seamline.events.models import OutboxMessage, Subscription
from seamline.runtime.scheduler import JobThreads, Scheduler
from seamline.testing import fake_contract
from tests.waiting import PATIENCE, eventually

pytestmark = pytest.mark.django_db(databases=["parcels"], transaction=True)


class Subscriber:
    """Remembers the weights that it was told, by parcel, each event once as an inbox does; waits where it is closed."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.told: dict[UUID, list[int]] = defaultdict(list)
        self.known: set[UUID] = set()
        self.lock = threading.Lock()

    def deliver(self, envelopes: tuple[Envelope, ...]) -> None:
        self.open.wait(30)
        for envelope in envelopes:
            with self.lock:
                if envelope.id not in self.known:
                    self.known.add(envelope.id)
                    event = msgspec.json.decode(envelope.payload, type=ParcelWeighed)
                    self.told[event.parcel_id].append(event.weight)

    def subscribe(self, subscriber: ModuleName, events: tuple[EventName, ...]) -> None: ...

    def ping(self) -> None: ...


@contextmanager
def subscribed(name: str) -> Iterator[Subscriber]:
    Subscription.objects.using("parcels").create(module="parcels", event=ParcelWeighed.event_name, subscriber=name)
    fake = Subscriber()
    with fake_contract(mailbox(name), fake):
        yield fake


@contextmanager
def running(number: int = 1) -> Iterator[None]:
    """So many processes' worth of schedulers and delivery threads."""
    schedulers: list[Scheduler] = []
    pools = [DeliveryPool(on_capacity=lambda module: [each.wake(module) for each in schedulers]) for _ in range(number)]
    schedulers += [Scheduler(["parcels"], pool, JobThreads()) for pool in pools]
    for scheduler in schedulers:
        scheduler.start()
    try:
        yield
    finally:
        for scheduler in schedulers:
            scheduler.stop()
            scheduler.join()
        for pool in pools:
            pool.stop(time.monotonic() + PATIENCE)
        # Those that were given up too: they may still be at the database.
        eventually(threads, lambda left: not left)


def threads() -> list[str]:
    """Those that work for schedulers."""
    return [thread.name for thread in threading.enumerate() if thread.name in ("deliver", "look", "look-again", "job")]


def weigh(parcel: UUID, *weights: int) -> None:
    with transaction("parcels"):
        for weight in weights:
            publish(ParcelWeighed(parcel, weight))


def all_done() -> bool:
    return not OutboxMessage.objects.using("parcels").exclude(state="done").exists()


@pytest.fixture(autouse=True)
def _nobody_else() -> None:
    Subscription.objects.using("parcels").all().delete()


def test_schedulers_that_work_at_once_keep_the_order_of_each_key() -> None:
    seed = random.randrange(10_000)
    parcels = [uuid4() for _ in range(7)]
    sequence = [random.Random(seed).choice(parcels) for _ in range(400)]
    with subscribed("first") as first, subscribed("second") as second, running(3):
        for weight, parcel in enumerate(sequence, 1):
            weigh(parcel, weight)
        eventually(all_done, bool)

    expected = {parcel: [n for n, other in enumerate(sequence, 1) if other == parcel] for parcel in set(sequence)}
    assert first.told == expected, f"seed {seed}"
    assert second.told == expected, f"seed {seed}"


def test_a_subscriber_that_hangs_holds_up_nobody_else() -> None:
    with subscribed("hanging") as hanging, subscribed("lively") as lively, running():
        hanging.open.clear()
        for weight in range(1, 1 + 3 * delivery_policy().batch_size):
            weigh(uuid4(), weight)
        eventually(lambda: len(lively.known), lambda handled: handled == 3 * delivery_policy().batch_size)
        assert not hanging.known
        hanging.open.set()
        eventually(all_done, bool)


def test_a_delivery_that_never_ends_is_given_up(settings: Any) -> None:
    settings.DELIVERY = replace(
        settings.DELIVERY, handler_timeout=0.4, settle_margin=0.1, lease_seconds=1.0, time_slice=0.5
    )
    with subscribed("hanging") as hanging, running():
        hanging.open.clear()
        parcel = uuid4()
        weigh(parcel, 1)
        eventually(
            lambda: OutboxMessage.objects.using("parcels").get().failures,
            lambda failures: failures >= settings.DELIVERY.threads_per_subscriber + 1,
        )
        hanging.open.set()
        eventually(all_done, bool)
    assert hanging.told == {parcel: [1]}
