"""Which events of an outbox a process may deliver now, and what became of them.

A claim is a lease: it lapses when its holder dies, and only the holder of the latest may settle a row. The claim is by
`FOR UPDATE SKIP LOCKED`, as in PostgreSQL's documentation of SELECT, "The Locking Clause".
"""

import random
from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from uuid import UUID

import msgspec

from contracts.language import ContractError
from kernel.databases import cursor

BATCH = 50
"""Events of one subscriber that are claimed at a time."""
LEASE = 60.0
"""Seconds after which a claim lapses; longer than a delivery may take."""
MAX_FAILURES = 12
"""Deliveries that may fail before an event is dead."""
MAX_PAUSE = 60.0
"""Longest pause between two deliveries, in seconds."""
AWAY_PAUSE = 5.0
"""Longest pause, in seconds, while a subscriber cannot be reached: that never makes an event dead."""

# Of each subscriber that is not at rest the oldest due events, in order. Behind one that is dead, or waits for its next
# try, or that somebody else delivers, its key is parked. A lease that lapsed counts as a failure. The scalar subqueries
# are there to be run per row, by index: as joins they would read the whole backlog.
_CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT oldest.* FROM (
            SELECT DISTINCT subscriber FROM kernel_subscription
            WHERE rests_until <= now() AND subscriber <> ALL(%(busy)s)) AS free,
        LATERAL (
            SELECT id, subscriber, key FROM kernel_outbox AS event
            WHERE subscriber = free.subscriber AND state IN ('pending', 'delivering') AND due_at <= now()
              AND (SELECT state <> 'dead' AND due_at <= now() FROM kernel_outbox AS first
                   WHERE first.subscriber = event.subscriber AND first.key = event.key
                     AND state IN ('pending', 'delivering', 'dead') ORDER BY id LIMIT 1)
            ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED) AS oldest),
    next AS MATERIALIZED (
        SELECT id FROM due WHERE (
            SELECT count(*) = 0 FROM kernel_outbox AS earlier
            WHERE earlier.subscriber = due.subscriber AND earlier.key = due.key AND earlier.id < due.id
              AND state IN ('pending', 'delivering', 'dead') AND id <> ALL(ARRAY(SELECT id FROM due))))
    UPDATE kernel_outbox
    SET state = CASE WHEN failures + (state = 'delivering')::int < %(most)s THEN 'delivering' ELSE 'dead' END,
        attempts = attempts + 1, failures = failures + (state = 'delivering')::int, due_at = now() + %(lease)s,
        last_error = CASE state WHEN 'delivering' THEN 'no answer before the lease lapsed' ELSE last_error END
    WHERE id = ANY(ARRAY(SELECT id FROM next))
    RETURNING id, event_id, name, subscriber, key, payload, request_id, traceparent, attempts, failures, state = 'dead'
"""
_DONE = """
    UPDATE kernel_outbox SET state = 'done', done_at = now()
    WHERE state = 'delivering' AND id = ANY(%s) AND (id, attempts) IN (SELECT * FROM unnest(%s::bigint[], %s::int[]))
"""
_RELEASE = """
    UPDATE kernel_outbox SET state = 'pending', due_at = now()
    WHERE state = 'delivering' AND id = ANY(%s) AND (id, attempts) IN (SELECT * FROM unnest(%s::bigint[], %s::int[]))
"""
_FAILED = """
    UPDATE kernel_outbox SET state = %s, failures = %s, due_at = now() + %s, last_error = %s
    WHERE id = %s AND state = 'delivering' AND attempts = %s
"""
_REST = "UPDATE kernel_subscription SET rests_until = now() + %s WHERE subscriber = %s"


class Claimed(msgspec.Struct, frozen=True):
    """A row of an outbox that its claimer may deliver, until the claim lapses."""

    id: int
    event_id: UUID
    name: str
    subscriber: str
    key: str
    payload: str
    request_id: str
    traceparent: str | None
    attempts: int
    failures: int


class Batch(msgspec.Struct, frozen=True):
    """Claimed events of one publisher for one subscriber, in the order they were published in."""

    publisher: str
    subscriber: str
    events: tuple[Claimed, ...]


def claim(publisher: str, busy: Collection[str] = ()) -> list[Batch]:
    """Claim what is due in a module's outbox, but for the `busy` subscribers."""
    lease = timedelta(seconds=LEASE)
    with cursor(publisher) as sql:
        sql.execute(_CLAIM, {"busy": list(busy), "batch": BATCH, "lease": lease, "most": MAX_FAILURES})
        rows = [Claimed(*row) for *row, dead in sql.fetchall() if not dead]
    rows.sort(key=lambda row: (row.subscriber, row.id))
    return [Batch(publisher, name, tuple(events)) for name, events in groupby(rows, attrgetter("subscriber"))]


def done(publisher: str, events: Sequence[Claimed]) -> None:
    """The subscriber has handled these."""
    _settle(publisher, _DONE, events)


def release(publisher: str, events: Sequence[Claimed]) -> None:
    """These were not tried; anybody may."""
    _settle(publisher, _RELEASE, events)


def failed(publisher: str, event: Claimed, error: ContractError) -> bool:
    """The subscriber could not handle this one: it is tried again later, or dead; whether it is dead now."""
    failures = event.failures + 1
    dead = failures >= MAX_FAILURES
    with cursor(publisher) as sql:
        state, pause = "dead" if dead else "pending", _pause(failures, MAX_PAUSE)
        sql.execute(_FAILED, [state, failures, pause, str(error), event.id, event.attempts])
    return dead


def rest(publisher: str, subscriber: str, attempts: int) -> None:
    """The subscriber is away: leave it alone for a while, the longer the more `attempts` were made."""
    with cursor(publisher) as sql:
        sql.execute(_REST, [_pause(attempts, AWAY_PAUSE), subscriber])


def _settle(publisher: str, statement: str, events: Sequence[Claimed]) -> None:
    if events:
        with cursor(publisher) as sql:
            ids = [event.id for event in events]
            sql.execute(statement, [ids, ids, [event.attempts for event in events]])


def _pause(tries: int, most: float) -> timedelta:
    return timedelta(seconds=min(most, 0.1 * 2 ** min(tries, 20)) * random.uniform(0.5, 1))  # noqa: S311
