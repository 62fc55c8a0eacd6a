"""Which events of an outbox a process may deliver now, and what became of them.

A claim is a lease: it lapses when its holder dies, and only the holder of the latest may settle a row. The claim is by
`FOR UPDATE SKIP LOCKED`, as in PostgreSQL's documentation of SELECT, "The Locking Clause".
"""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from seamline.contract import ContractError
from seamline.databases import ASYNC_COMMIT, execute, fetch

BATCH_SIZE = 50
"""Events of one subscriber that are claimed at a time."""
LEASE_SECONDS = 20.0
"""Seconds after which a claim lapses; longer than a delivery may take."""
MAX_FAILURES = 12
"""Deliveries that may fail before an event is dead."""
MAX_BACKOFF = 60.0
"""Longest pause between two deliveries, in seconds."""
MAX_BACKOFF_UNREACHABLE = 5.0
"""Longest pause, in seconds, while a subscriber cannot be reached: that never makes an event dead."""

# Behind an event that is dead, or waits for its next try, or is under way, its key is blocked. The scalar subqueries
# are there to be run per row, by index: as joins they would read the whole backlog.
_IS_DUE = """
    state IN ('pending', 'delivering') AND due_at <= now()
    AND (SELECT state <> 'dead' AND due_at <= now() FROM seamline_outbox AS first
         WHERE first.subscriber = event.subscriber AND first.key = event.key
           AND state IN ('pending', 'delivering', 'dead') ORDER BY id LIMIT 1)
"""
_WAITING = f"""
    SELECT DISTINCT subscriber FROM seamline_subscription AS subscription
    WHERE backoff_until <= now() AND EXISTS (
        SELECT FROM seamline_outbox AS event WHERE subscriber = subscription.subscriber AND {_IS_DUE})
"""  # noqa: S608
# A lease that lapsed counts as a failure. A claim and its end may be lost with the server: then an event is delivered
# again, and its subscriber remembers it.
_CLAIM = f"""
    WITH due AS MATERIALIZED (
        SELECT id, subscriber, key, state = 'delivering' AS lapsed FROM seamline_outbox AS event
        WHERE subscriber = %(subscriber)s AND {_IS_DUE}
          AND NOT EXISTS (SELECT FROM seamline_subscription WHERE subscriber = %(subscriber)s AND backoff_until > now())
        ORDER BY id LIMIT {BATCH_SIZE} FOR UPDATE SKIP LOCKED),
    next AS MATERIALIZED (
        SELECT id FROM due WHERE (
            SELECT count(*) = 0 FROM seamline_outbox AS earlier
            WHERE earlier.subscriber = due.subscriber AND earlier.key = due.key AND earlier.id < due.id
              AND state IN ('pending', 'delivering', 'dead') AND id <> ALL(ARRAY(SELECT id FROM due))))
    UPDATE seamline_outbox
    SET state = CASE WHEN failures + (state = 'delivering')::int < %(most)s THEN 'delivering' ELSE 'dead' END,
        attempts = attempts + 1, failures = failures + (state = 'delivering')::int, due_at = now() + %(lease)s,
        last_error = CASE state WHEN 'delivering' THEN 'no answer before the lease lapsed' ELSE last_error END
    FROM {ASYNC_COMMIT}
    WHERE id = ANY(ARRAY(SELECT id FROM next))
    RETURNING id, event_id, name, key, payload, request_id, traceparent, attempts, failures,
        (SELECT lapsed FROM due WHERE due.id = seamline_outbox.id), state = 'dead'
"""  # noqa: S608
_CLAIMED = "SELECT * FROM unnest(%(ids)s::bigint[], %(attempts)s::int[])"
# The first delivery counts: an event that is replayed again and again must not outlive its subscriber's inbox.
_DONE = f"""
    UPDATE seamline_outbox SET state = 'done', done_at = coalesce(done_at, now()) FROM {ASYNC_COMMIT}
    WHERE state = 'delivering' AND id = ANY(%(ids)s) AND (id, attempts) IN ({_CLAIMED})
    RETURNING name, CASE WHEN done_at = now() THEN extract(epoch FROM now() - published_at)::float8 END,
        EXISTS (SELECT FROM seamline_outbox AS other WHERE other.subscriber = seamline_outbox.subscriber
                AND state IN ('pending', 'delivering') AND id <> ALL(%(ids)s))
"""  # noqa: S608
_RELEASE = f"""
    UPDATE seamline_outbox SET state = 'pending', due_at = now()
    WHERE state = 'delivering' AND id = ANY(%(ids)s) AND (id, attempts) IN ({_CLAIMED})
"""  # noqa: S608
_FAILED = """
    UPDATE seamline_outbox SET state = %s, failures = %s, due_at = now() + %s, last_error = %s
    WHERE id = %s AND state = 'delivering' AND attempts = %s
"""
_REST = "UPDATE seamline_subscription SET backoff_until = now() + %s WHERE subscriber = %s"


class LeasedMessage(NamedTuple):
    """A row of an outbox that its claimer may deliver until the claim lapses, unless it is dead."""

    id: int
    event_id: UUID
    name: str
    key: str
    payload: str
    request_id: str
    traceparent: str | None
    attempts: int
    failures: int
    lapsed: bool
    """Whether the claim before this one lapsed: its holder died, or the delivery took too long."""
    dead: bool
    """Whether that was one failure too many; then it is not to be delivered."""


class Settled(NamedTuple):
    """An event that was handled."""

    name: str
    seconds: float | None
    """Since it was published, where this is the first time."""
    others: bool
    """Whether its subscriber has others to get. One that is committed in this very moment is found a second later."""


def subscribers_with_due_messages(publisher: str) -> list[str]:
    """The subscribers that a module's outbox has something for, now."""
    return [subscriber for (subscriber,) in fetch(publisher, _WAITING)]


def lease_due(publisher: str, subscriber: str) -> list[LeasedMessage]:
    """Claim the oldest events of a module that are due for a subscriber, in the order they were published in.

    Among them are those that are dead, because their last claim lapsed once too often.
    """
    values = {"subscriber": subscriber, "lease": timedelta(seconds=LEASE_SECONDS), "most": MAX_FAILURES}
    return sorted(LeasedMessage(*row) for row in fetch(publisher, _CLAIM, values))


def settle(publisher: str, events: Sequence[LeasedMessage]) -> list[Settled]:
    """The subscriber has handled these."""
    return [Settled(*row) for row in fetch(publisher, _DONE, _tokens(events))] if events else []


def release(publisher: str, events: Sequence[LeasedMessage]) -> None:
    """These were not tried; anybody may."""
    if events:
        execute(publisher, _RELEASE, _tokens(events))


def record_failure(publisher: str, event: LeasedMessage, error: ContractError) -> bool:
    """The subscriber could not handle this one: it is tried again later, or dead; whether it is dead now."""
    failures = event.failures + 1
    dead = failures >= MAX_FAILURES
    state, pause = "dead" if dead else "pending", _pause(failures, MAX_BACKOFF)
    execute(publisher, _FAILED, [state, failures, pause, str(error), event.id, event.attempts])
    return dead


def back_off(publisher: str, subscriber: str, attempts: int) -> None:
    """The subscriber is away: leave it alone for a while, the longer the more `attempts` were made."""
    execute(publisher, _REST, [_pause(attempts, MAX_BACKOFF_UNREACHABLE), subscriber])


def _tokens(events: Sequence[LeasedMessage]) -> dict[str, list[int]]:
    return {"ids": [event.id for event in events], "attempts": [event.attempts for event in events]}


def _pause(tries: int, most: float) -> timedelta:
    return timedelta(seconds=min(most, 0.1 * 2 ** min(tries, 20)) * random.uniform(0.5, 1))  # noqa: S311
