"""Which events of an outbox a process may deliver now, and what became of them.

Leases are those of `seamline.work.leases`; only acquiring them is a statement of the outbox's own, for the order within
each key. It is by `FOR UPDATE SKIP LOCKED`, as in PostgreSQL's documentation of SELECT, "The Locking Clause".
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID

from seamline.configuration.policies import delivery_policy
from seamline.contract import ContractError
from seamline.databases import ASYNC_COMMIT, execute, fetch
from seamline.work.leases import Lease, LeaseTable, tokens

LEASES = LeaseTable("seamline_outbox", "id", "bigint", is_open="state = 'delivering'", durable=False)

# Behind an event that is dead, or waits for its next try, or is under way, its key is blocked. The scalar subqueries
# are there to be run per row, by index: as joins they would read the whole backlog.
_IS_DUE = """
    state IN ('pending', 'delivering') AND due_at <= now()
    AND (SELECT state <> 'dead' AND due_at <= now() FROM seamline_outbox AS first
         WHERE first.module = event.module AND first.subscriber = event.subscriber AND first.key = event.key
           AND state IN ('pending', 'delivering', 'dead') ORDER BY id LIMIT 1)
"""
_BACKLOG = f"""
    SELECT ARRAY(
        SELECT DISTINCT subscriber FROM seamline_subscription AS subscription
        WHERE module = %(module)s AND backoff_until <= now() AND EXISTS (
            SELECT FROM seamline_outbox AS event
            WHERE module = %(module)s AND subscriber = subscription.subscriber AND {_IS_DUE})),
    EXISTS (SELECT FROM seamline_outbox WHERE module = %(module)s AND state IN ('pending', 'delivering'))
"""  # noqa: S608  names and numbers of ours alone  # nosec B608
# The first delivery counts: an event that is replayed again and again must not outlive its subscriber's inbox.
_SETTLE = f"""
    UPDATE seamline_outbox SET state = 'done', done_at = coalesce(done_at, now()) FROM {ASYNC_COMMIT}
    WHERE {LEASES.fence}
    RETURNING name, CASE WHEN done_at = now() THEN extract(epoch FROM now() - published_at)::float8 END,
        EXISTS (SELECT FROM seamline_outbox AS other
                WHERE other.module = %(module)s AND other.subscriber = seamline_outbox.subscriber
                  AND state IN ('pending', 'delivering') AND id <> ALL(%(keys)s))
"""  # noqa: S608  names and numbers of ours alone  # nosec B608
_RELEASE = f"UPDATE seamline_outbox SET state = 'pending', due_at = now() WHERE {LEASES.fence}"  # noqa: S608  names and numbers of ours alone  # nosec B608
_FAILED = "state = %(state)s, failures = %(failures)s, due_at = now() + %(pause)s, last_error = %(error)s"
_BACK_OFF = "UPDATE seamline_subscription SET backoff_until = now() + %s WHERE module = %s AND subscriber = %s"


class LeasedMessage(NamedTuple):
    """A row of an outbox that its holder may deliver until the lease lapses, unless it is dead."""

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
    """Whether the lease before this one lapsed: its holder died, or the delivery took too long."""
    dead: bool
    """Whether that was one failure too many; then it is not to be delivered."""

    @property
    def lease(self) -> Lease:
        return Lease(self.id, self.attempts)


class Settled(NamedTuple):
    """An event that was handled."""

    name: str
    seconds: float | None
    """Since it was published, where this is the first time."""
    others: bool
    """Whether its subscriber has others to get. One that is committed in this very moment is found a second later."""


class Backlog(NamedTuple):
    """What of a module's events is not delivered."""

    due: list[str]
    """Subscribers that there is something for now."""
    is_open: bool
    """Whether there is anything for anybody, now or later."""


def backlog(publisher: str) -> Backlog:
    """Look what a module's outbox has for whom."""
    [row] = fetch(publisher, _BACKLOG, {"module": publisher})
    return Backlog(*row)


def lease_due(publisher: str, subscriber: str) -> list[LeasedMessage]:
    """Lease the oldest events of a module that are due for a subscriber, in the order they were published in.

    Among them are those that are dead, because their last lease lapsed once too often.
    """
    policy = delivery_policy()
    values = {
        "module": publisher,
        "subscriber": subscriber,
        "lease": timedelta(seconds=policy.lease_seconds),
        "most": policy.max_failures,
    }
    return sorted(LeasedMessage(*row) for row in fetch(publisher, _lease_statement(policy.batch_size), values))


def settle(publisher: str, events: Sequence[LeasedMessage]) -> list[Settled]:
    """Note that the subscriber has handled these."""
    return [Settled(*row) for row in fetch(publisher, _SETTLE, _tokens(publisher, events))] if events else []


def release(publisher: str, events: Sequence[LeasedMessage]) -> None:
    """Give back what was not tried; anybody may."""
    if events:
        execute(publisher, _RELEASE, _tokens(publisher, events))


def record_failure(publisher: str, event: LeasedMessage, error: ContractError) -> bool:
    """Note that the subscriber could not handle an event: it is tried again later, or dead; whether it is dead now."""
    policy, failures = delivery_policy(), event.failures + 1
    dead = failures >= policy.max_failures
    values = {
        "state": "dead" if dead else "pending",
        "failures": failures,
        "pause": policy.backoff.pause(failures),
        "error": str(error),
    }
    LEASES.settle(publisher, event.lease, _FAILED, values)
    return dead


def back_off(publisher: str, subscriber: str, attempts: int) -> None:
    """Leave a subscriber that cannot be reached alone for a while, the longer the more `attempts` were made."""
    pause = delivery_policy().backoff_unreachable.pause(attempts)
    execute(publisher, _BACK_OFF, [pause, publisher, subscriber])


def _tokens(publisher: str, events: Sequence[LeasedMessage]) -> dict[str, object]:
    return tokens(publisher, [event.lease for event in events])


# A lease that lapsed counts as a failure. A lease and its end may be lost with the server: then an event is delivered
# again, and its subscriber remembers it.
@cache
def _lease_statement(batch_size: int) -> str:
    # The number stands in the text, because PostgreSQL plans better for a limit that it knows.
    return f"""
        WITH due AS MATERIALIZED (
            SELECT id, subscriber, key, state = 'delivering' AS lapsed FROM seamline_outbox AS event
            WHERE module = %(module)s AND subscriber = %(subscriber)s AND {_IS_DUE}
              AND NOT EXISTS (SELECT FROM seamline_subscription
                              WHERE module = %(module)s AND subscriber = %(subscriber)s AND backoff_until > now())
            ORDER BY id LIMIT {batch_size} FOR UPDATE SKIP LOCKED),
        next AS MATERIALIZED (
            SELECT id FROM due WHERE (
                SELECT count(*) = 0 FROM seamline_outbox AS earlier
                WHERE earlier.module = %(module)s AND earlier.subscriber = due.subscriber AND earlier.key = due.key
                  AND earlier.id < due.id AND state IN ('pending', 'delivering', 'dead')
                  AND id <> ALL(ARRAY(SELECT id FROM due))))
        UPDATE seamline_outbox
        SET state = CASE WHEN failures + (state = 'delivering')::int < %(most)s THEN 'delivering' ELSE 'dead' END,
            attempts = attempts + 1, failures = failures + (state = 'delivering')::int, due_at = now() + %(lease)s,
            last_error = CASE state WHEN 'delivering' THEN 'no answer before the lease lapsed' ELSE last_error END
        FROM {ASYNC_COMMIT}
        WHERE id = ANY(ARRAY(SELECT id FROM next))
        RETURNING id, event_id, name, key, payload, request_id, traceparent, attempts, failures,
            (SELECT lapsed FROM due WHERE due.id = seamline_outbox.id), state = 'dead'
    """  # noqa: S608  names and numbers of ours alone  # nosec B608
