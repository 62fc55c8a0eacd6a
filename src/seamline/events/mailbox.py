"""Delivery is a contract call like any other: every module serves a second contract, its mailbox."""

from functools import cache
from typing import Annotated
from uuid import UUID

import msgspec
import structlog
from msgspec import structs

from seamline import context
from seamline.calls import server
from seamline.calls.authorization import record_refusal
from seamline.configuration.policies import delivery_policy
from seamline.contract import Category, Contract, ContractError, Value, command, query, whole
from seamline.contract.events import Event
from seamline.databases import execute, fetch, transaction
from seamline.module import BadManifest, Module
from seamline.observability import tracing

log = structlog.get_logger("seamline.events")

_REMEMBER = """
    INSERT INTO seamline_inbox (module, event_id, name, handled_at)
    SELECT %s, id, name, now() FROM unnest(%s::uuid[], %s::text[]) AS envelope (id, name)
    ON CONFLICT (module, event_id) DO NOTHING RETURNING event_id
"""
_FORGET = "DELETE FROM seamline_subscription WHERE module = %s AND subscriber = %s AND NOT event = ANY(%s)"
_SUBSCRIBE = """
    INSERT INTO seamline_subscription (module, event, subscriber) SELECT %s, unnest(%s::text[]), %s
    ON CONFLICT (module, event, subscriber) DO NOTHING
"""


ModuleName = Annotated[str, msgspec.Meta(pattern=whole("[a-z][a-z0-9_]{0,59}"))]
EventName = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class NotSubscribed(ContractError, category=Category.NOT_FOUND):
    """The module does not listen to this event."""

    name: str


class NotPublisher(ContractError, category=Category.FORBIDDEN):
    """The caller does not publish this event."""

    name: str


class NotSubscriber(ContractError, category=Category.FORBIDDEN):
    """The caller is another module than the one that is to listen."""

    subscriber: str


class Envelope(Value):
    """An event under way."""

    id: UUID
    name: EventName
    """Stable name: `parcels.ParcelSent.v1`."""
    payload: str
    """The event, as JSON."""
    request_id: str
    traceparent: str | None
    """Of the request that it came of."""


class Mailbox(Contract, module="", facet="events"):
    """What every module answers about events: those it hears, and who hears its own."""

    @command(natural_key=True, timeout=delivery_policy().handler_timeout, raises=(NotSubscribed, NotPublisher))
    def deliver(self, envelopes: tuple[Envelope, ...]) -> None:
        """Handle events in this order, all or none, each once: a repeat does nothing."""

    @command(natural_key=True, raises=(NotSubscriber,))
    def subscribe(self, subscriber: ModuleName, events: tuple[EventName, ...]) -> None:
        """Deliver these events of the module from now on to `subscriber`, and no others."""

    @query(timeout=2.0)
    def ping(self) -> None:
        """Say that the module answers."""


@cache
def mailbox(module: str) -> type[Mailbox]:
    """The mailbox of one module."""

    class ModuleMailbox(Mailbox, module=module, facet="events"):
        pass

    return ModuleMailbox


def serve_module(module: Module) -> None:
    """Answer for a module's mailbox. Raises `BadManifest` when an event it subscribes to has no handler."""
    handlers = {event.event_name: _handler(module, event) for event in module.subscribes}

    def deliver(envelopes: tuple[Envelope, ...]) -> None:
        if foreign := next((e.name for e in envelopes if not _is_caller(e.name.partition(".")[0])), None):
            record_refusal("event_delivery_denied", module.name, "another module's event", name=foreign)
            raise NotPublisher(name=foreign)
        unknown = next((envelope.name for envelope in envelopes if envelope.name not in handlers), None)
        if unknown:
            raise NotSubscribed(name=unknown)
        with transaction(module.name):
            new = _remember(module.name, envelopes)
            for envelope in envelopes:
                if envelope.id in new:
                    _handle(module.name, envelope, *handlers[envelope.name])

    def subscribe(subscriber: str, events: tuple[str, ...]) -> None:
        if not _is_caller(subscriber):
            record_refusal("subscription_denied", module.name, "for another module", subscriber=subscriber)
            raise NotSubscriber(subscriber=subscriber)
        with transaction(module.name):
            execute(module.name, _FORGET, [module.name, subscriber, list(events)])
            execute(module.name, _SUBSCRIBE, [module.name, list(events), subscriber])

    def ping() -> None:
        pass

    server.register(mailbox(module.name), {"deliver": deliver, "subscribe": subscribe, "ping": ping})


def _is_caller(module: str) -> bool:
    """Tell whether it may be this module that calls: it is, or nobody says which one does."""
    return context.current().caller in (None, module)


def _remember(module: str, envelopes: tuple[Envelope, ...]) -> set[UUID]:
    """Note that these events are handled; which of them were not before."""
    ids, names = [envelope.id for envelope in envelopes], [envelope.name for envelope in envelopes]
    return {event_id for (event_id,) in fetch(module, _REMEMBER, [module, ids, names])}


def _handle(module: str, envelope: Envelope, event: type[Event], handle: server.Implementation) -> None:
    now = context.current()
    cause = structs.replace(
        now, request_id=envelope.request_id, traceparent=envelope.traceparent, origin=f"event {envelope.name}"
    )
    with context.entered(cause), tracing.span(envelope.name, tracing.CONSUMER, link=now.traceparent):
        handle(msgspec.json.decode(envelope.payload, type=event))
        log.info("handled", name=envelope.name, module=module)


def _handler(module: Module, event: type[Event]) -> tuple[type[Event], server.Implementation]:
    try:
        return event, getattr(module.room("handlers"), event.handler)
    except (ModuleNotFoundError, AttributeError) as cause:
        raise BadManifest(
            f"{module.path_of('handlers.py')}: the manifest subscribes to {event.event_name}; "
            f"define {event.handler}(event) here"
        ) from cause
