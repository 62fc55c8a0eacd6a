"""For tests: stand-ins for other modules, and events caught and delivered when the test says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import msgspec

from seamline import topology
from seamline.calls import call, server, wire
from seamline.context import new_id
from seamline.contract import Contract, Event
from seamline.contract.events import event_named
from seamline.events.mailbox import Envelope, mailbox
from seamline.events.models import OutboxMessage, Subscription
from seamline.layout import alias_of


@contextmanager
def fake_contract(contract: type[Contract], fake: object) -> Iterator[None]:
    """Answer for a contract with the methods of `fake` while the block lasts, wherever its module lives."""
    routes = topology.current()
    before = {
        path: server.find_operation(path) for path in (operation.path for operation in contract.operations.values())
    }
    topology.use(replace(routes, here=routes.here | {contract.module}))
    server.register(contract, {name: getattr(fake, name) for name in contract.operations})
    try:
        yield
    finally:
        topology.use(routes)
        for path, served in before.items():
            server.replace(path, served)


@contextmanager
def captured_events(*events: type[Event]) -> Iterator[Callable[[], list[Event]]]:
    """Listen to events while the block lasts; what it gives is called for those that were published by then."""
    for event in events:
        Subscription.objects.using(alias_of(event.module)).create(
            module=event.module, event=event.event_name, subscriber="test"
        )

    def published() -> list[Event]:
        names = [event.event_name for event in events]
        modules = sorted({event.module for event in events})
        rows = [
            row
            for m in modules
            for row in OutboxMessage.objects.using(alias_of(m)).filter(module=m, name__in=names, subscriber="test")
        ]
        return [_event(row) for row in sorted(rows, key=lambda row: (row.published_at, row.id))]

    try:
        yield published
    finally:
        for event in events:
            Subscription.objects.using(alias_of(event.module)).filter(
                event=event.event_name, subscriber="test"
            ).delete()


def deliver(event: Event, to: str, times: int = 1) -> None:
    """Hand an event to a module as the relay would; `times` over, as after a lost answer."""
    envelope = Envelope(uuid4(), event.event_name, wire.encode(event).decode(), new_id(), None)
    for _ in range(times):
        call(mailbox(to)).deliver((envelope,))


def _event(row: OutboxMessage) -> Event:
    kind = event_named(row.name)
    if kind is None:
        raise LookupError(row.name)
    return msgspec.json.decode(row.payload, type=kind)
