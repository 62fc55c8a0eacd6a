"""The publisher's side: an event is a row per subscriber, committed with what it tells of.

The transactional outbox pattern, as in microservices.io, "Pattern: Transactional outbox".
"""

import uuid
from collections.abc import Callable
from functools import partial

import structlog
from django.db import connections, transaction

from seamline import context
from seamline.calls import wire
from seamline.contract import Event
from seamline.databases import fetch
from seamline.layout import alias_of

_INSERT = """
    INSERT INTO seamline_outbox (event_id, name, key, subscriber, payload, request_id, traceparent,
                               state, attempts, failures, due_at, last_error, published_at)
    SELECT %s, %s, %s, subscriber, %s, %s, %s, 'pending', 0, 0, now(), '', now()
    FROM seamline_subscription WHERE event = %s RETURNING subscriber
"""
log = structlog.get_logger("seam.events")
_listeners: list[Callable[[str, str], None]] = []


class NoTransaction(RuntimeError):
    """An event was published outside a transaction of its module, so that it could be lost or be untrue."""


def publish(event: Event) -> None:
    """Tell every subscriber of `event`, once the module's open transaction commits. Nobody listening is fine.

    Raises `NoTransaction` outside a transaction on the database of the module that declares the event.
    """
    connection = connections[alias_of(event.module)]
    if not connection.in_atomic_block:
        raise NoTransaction(f"publish {event.event_name} inside `with transaction({event.module!r}):`")
    now = context.current()
    name, payload = event.event_name, wire.encode(event).decode()
    told = fetch(event.module, _INSERT, [uuid.uuid4(), name, event.key, payload, now.request_id, now.traceparent, name])
    for (subscriber,) in told:
        transaction.on_commit(partial(_committed, event.module, subscriber), using=alias_of(event.module))


def on_commit(listener: Callable[[str, str], None]) -> None:
    """Have `listener` called with publisher and subscriber whenever an event was committed in this process."""
    _listeners.append(listener)


def _committed(publisher: str, subscriber: str) -> None:
    for listener in _listeners:
        try:
            listener(publisher, subscriber)
        except Exception as error:
            # What is committed is no failure of its writer. The outbox is looked at all the same, a second later.
            log.warning("not_dispatched", module=publisher, exc_info=error)
