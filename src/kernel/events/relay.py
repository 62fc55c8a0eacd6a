"""The relay: takes events out of one module's outbox and delivers them, in order for each subscriber and key."""

import random
import threading
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from django.db import close_old_connections, connections

from contracts.language import AvailabilityError, ContractError
from kernel.calls import call
from kernel.context import Context, entered
from kernel.databases import cursor
from kernel.events.mailbox import Envelope, mailbox

log = structlog.get_logger("seam.events")

BATCH = 50
POLL = 1.0
"""Seconds between looks at the outbox when no commit woke the relay."""
CLAIM = 60.0
"""Seconds after which a claim of a process that died lapses; longer than a delivery may take."""
MAX_ATTEMPTS = 12
MAX_PAUSE = 60.0
AWAY_PAUSE = 5.0
"""Longest pause, in seconds, while a subscriber cannot be reached: that never makes an event dead."""

# Only the oldest open event of a (subscriber, key) may go; a dead one parks those behind it.
_CLAIM = """
    UPDATE kernel_outbox SET state = 'delivering', attempts = attempts + 1, due_at = now() + %s
    WHERE id IN (
        SELECT id FROM kernel_outbox AS candidate
        WHERE state IN ('pending', 'delivering') AND due_at <= now()
          AND NOT EXISTS (
            SELECT 1 FROM kernel_outbox AS earlier
            WHERE earlier.subscriber = candidate.subscriber AND earlier.key = candidate.key
              AND earlier.id < candidate.id AND earlier.state <> 'done')
        ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING id, event_id, name, subscriber, payload, request_id, traceparent, attempts, failures
"""
_DONE = """
    UPDATE kernel_outbox SET state = 'done', done_at = now() WHERE id = %s AND state = 'delivering' AND attempts = %s
"""
_FAILED = """
    UPDATE kernel_outbox SET state = %s, due_at = now() + %s, last_error = %s, failures = %s
    WHERE id = %s AND state = 'delivering' AND attempts = %s
"""


class Claimed(NamedTuple):
    """A row of the outbox that this process may deliver, until its claim lapses."""

    id: int
    event_id: UUID
    name: str
    subscriber: str
    payload: str
    request_id: str
    traceparent: str | None
    attempts: int
    failures: int


class Relay(threading.Thread):
    """Delivers one module's events until it is stopped. Any number of processes may run one each."""

    def __init__(self, module: str) -> None:
        super().__init__(name=f"relay-{module}", daemon=True)
        self.module = module
        self._wake = threading.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look at the outbox now."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the delivery under way and end."""
        self._stopping = True
        self._wake.set()

    def run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                busy = drain_once(self.module)
            except Exception as error:
                # The database may be away for a while; what was claimed comes back when its claim lapses.
                log.error("relay_failed", module=self.module, exc_info=error)
                close_old_connections()
                busy = 0
            if not busy:
                self._wake.wait(POLL)
        connections.close_all()


def drain(module: str) -> int:
    """Deliver all that is due in a module's outbox; how many deliveries were tried."""
    tried = 0
    while batch := drain_once(module):
        tried += batch
    return tried


def drain_once(module: str) -> int:
    """Deliver one batch; how many deliveries were tried."""
    claimed = _claim(module)
    for row in claimed:
        _deliver(module, row)
    return len(claimed)


def _claim(module: str) -> list[Claimed]:
    with cursor(module) as sql:
        sql.execute(_CLAIM, [timedelta(seconds=CLAIM), BATCH])
        return sorted(Claimed(*row) for row in sql.fetchall())


def _deliver(module: str, row: Claimed) -> None:
    circumstances = Context(request_id=row.request_id, traceparent=row.traceparent, module=module)
    try:
        with entered(circumstances):
            call(mailbox(row.subscriber)).deliver(Envelope(row.event_id, row.name, row.payload))
    except ContractError as error:
        _retry_later(module, row, error)
    else:
        _execute(module, _DONE, [row.id, row.attempts])
        log.info("delivered", name=row.name, subscriber=row.subscriber, request_id=row.request_id)


def _retry_later(module: str, row: Claimed, error: ContractError) -> None:
    away = isinstance(error, AvailabilityError)
    failures = row.failures if away else row.failures + 1
    state = "dead" if failures >= MAX_ATTEMPTS else "pending"
    pause = min(AWAY_PAUSE if away else MAX_PAUSE, 0.1 * 2 ** min(row.attempts, 20)) * random.uniform(0.5, 1)  # noqa: S311
    _execute(module, _FAILED, [state, timedelta(seconds=pause), str(error), failures, row.id, row.attempts])
    log.warning("not_delivered", name=row.name, subscriber=row.subscriber, state=state, error=error.code)


def _execute(module: str, statement: str, parameters: list[object]) -> None:
    with cursor(module) as sql:
        sql.execute(statement, parameters)
