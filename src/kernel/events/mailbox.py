"""Delivery is a contract call like any other: every module serves a second contract, its mailbox."""

from functools import cache
from typing import Self
from uuid import UUID, uuid4

import msgspec

from contracts.language import Contract, Value, command
from contracts.language.events import Event
from kernel.calls import home, wire
from kernel.databases import cursor, transaction
from kernel.module import BadManifest, Module

_REMEMBER = """
    INSERT INTO kernel_inbox (event_id, name, handled_at) VALUES (%s, %s, now()) ON CONFLICT (event_id) DO NOTHING
"""
_FORGET = "DELETE FROM kernel_subscription WHERE subscriber = %s AND NOT event = ANY(%s)"
_SUBSCRIBE = """
    INSERT INTO kernel_subscription (event, subscriber) SELECT unnest(%s::text[]), %s
    ON CONFLICT (event, subscriber) DO NOTHING
"""


class Envelope(Value):
    """An event under way."""

    id: UUID
    name: str
    """Stable name: `orders.OrderCreated.v1`."""
    payload: str
    """The event, as JSON."""

    @classmethod
    def of(cls, event: Event) -> Self:
        """A new event, in an envelope of its own."""
        return cls(uuid4(), event.event_name, wire.encode(event).decode())


class Mailbox(Contract, module="", facet="events"):
    """What every module answers about events: those it hears, and who hears its own."""

    @command(natural_key=True, timeout=30.0)
    def deliver(self, envelope: Envelope) -> None:
        """Handle an event, once: a repeat does nothing."""

    @command(natural_key=True)
    def subscribe(self, subscriber: str, events: tuple[str, ...]) -> None:
        """Have these events of the module delivered to `subscriber`, and no others."""


@cache
def mailbox(module: str) -> type[Mailbox]:
    """The mailbox of one module."""

    class ModuleMailbox(Mailbox, module=module, facet="events"):
        pass

    return ModuleMailbox


def serve_module(module: Module) -> None:
    """Answer for a module's mailbox. Raises `BadManifest` when an event it subscribes to has no handler."""
    handlers = {event.event_name: _handler(module, event) for event in module.subscribes}

    def deliver(envelope: Envelope) -> None:
        event, handle = handlers[envelope.name]
        with transaction(module.name), cursor(module.name) as sql:
            sql.execute(_REMEMBER, [envelope.id, envelope.name])
            if sql.rowcount == 1:
                handle(msgspec.json.decode(envelope.payload, type=event))

    def subscribe(subscriber: str, events: tuple[str, ...]) -> None:
        with transaction(module.name), cursor(module.name) as sql:
            sql.execute(_FORGET, [subscriber, list(events)])
            sql.execute(_SUBSCRIBE, [list(events), subscriber])

    home.serve(mailbox(module.name), {"deliver": deliver, "subscribe": subscribe})


def _handler(module: Module, event: type[Event]) -> tuple[type[Event], home.Implementation]:
    try:
        return event, getattr(module.room("handlers"), event.handler)
    except (ModuleNotFoundError, AttributeError) as cause:
        raise BadManifest(
            f"src/modules/{module.name}/handlers.py: the manifest subscribes to {event.event_name}; "
            f"define {event.handler}(event) here"
        ) from cause
