"""The publisher's side: an event is a row per subscriber, committed with what it tells of.

The transactional outbox pattern, as in microservices.io, "Pattern: Transactional outbox".
"""

import re
import uuid
from collections.abc import Callable
from functools import partial

import structlog
from django.db import connections, transaction

from seamline import context
from seamline.calls import wire
from seamline.contract import Event
from seamline.databases import fetch
from seamline.encryption import encrypt
from seamline.layout import alias_of
from seamline.work import wakeups

_INSERT = """
    INSERT INTO seamline_outbox (module, event_id, name, key, subscriber, payload, mentions, request_id, traceparent,
                               state, attempts, failures, due_at, last_error, published_at)
    SELECT %s, %s, %s, %s, subscriber, %s, %s, %s, %s, 'pending', 0, 0, now(), '', now()
    FROM seamline_subscription WHERE module = %s AND event = %s RETURNING subscriber
"""
# What a person may be known by, so that their events are found without decrypting all.
_ID = re.compile(r'"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"')
log = structlog.get_logger("seamline.events")
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
    now, module = context.current(), event.module
    name, payload = event.event_name, wire.encode(event).decode()
    about = [module, uuid.uuid4(), name, event.key, encrypt(payload), list({*_ID.findall(payload)})]
    told = fetch(module, _INSERT, [*about, now.request_id, now.traceparent, module, name])
    for (subscriber,) in told:
        transaction.on_commit(partial(_after_commit, module, subscriber), using=alias_of(module))


def on_commit(listener: Callable[[str, str], None]) -> None:
    """Call `listener` with publisher and subscriber whenever an event was committed in this process."""
    _listeners.append(listener)


def _after_commit(publisher: str, subscriber: str) -> None:
    if not _listeners:
        # A process that delivers nothing itself: whoever does is told.
        wakeups.wake(publisher)
    for listener in _listeners:
        try:
            listener(publisher, subscriber)
        except Exception as error:
            # What is committed is no failure of its writer. The outbox is looked at all the same, a little later.
            log.warning("dispatch_failed", module=publisher, exc_info=error)
