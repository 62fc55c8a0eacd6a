"""The publisher's side: an event is a row per subscriber, committed with what it tells of.

The transactional outbox pattern, as in microservices.io, "Pattern: Transactional outbox".
"""

import uuid
from collections.abc import Callable
from functools import partial

import structlog
from django.db import connections, transaction

from contracts.language import Event
from kernel import context
from kernel.calls import wire

_INSERT = """
    INSERT INTO kernel_outbox (event_id, name, key, subscriber, payload, request_id, traceparent,
                               state, attempts, failures, due_at, last_error, published_at)
    SELECT %s, %s, %s, subscriber, %s, %s, %s, 'pending', 0, 0, now(), '', now()
    FROM kernel_subscription WHERE event = %s
"""
log = structlog.get_logger("seam.events")
_listeners: list[Callable[[str], None]] = []


class NoTransaction(RuntimeError):
    """An event was published outside a transaction of its module, so that it could be lost or be untrue."""


def publish(event: Event) -> None:
    """Tell every subscriber of `event`, once the module's open transaction commits. Nobody listening is fine.

    Raises `NoTransaction` outside a transaction on the database of the module that declares the event.
    """
    connection = connections[event.module]
    if not connection.in_atomic_block:
        raise NoTransaction(f"publish {event.event_name} inside `with transaction({event.module!r}):`")
    now = context.current()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                uuid.uuid4(),
                event.event_name,
                event.key,
                wire.encode(event).decode(),
                now.request_id,
                now.traceparent,
                event.event_name,
            ],
        )
        if cursor.rowcount:
            transaction.on_commit(partial(_committed, event.module), using=event.module)


def on_commit(listener: Callable[[str], None]) -> None:
    """Have `listener` called with a module's name whenever events of it were committed in this process."""
    _listeners.append(listener)


def _committed(module: str) -> None:
    for listener in _listeners:
        try:
            listener(module)
        except Exception as error:
            # What is committed is no failure of its writer. The outbox is looked at all the same, a second later.
            log.warning("not_rung", module=module, exc_info=error)
