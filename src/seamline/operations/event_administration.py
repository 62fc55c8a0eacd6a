"""What operators see and do about a module's outbox, for the command line and the admin alike.

Whoever watches the outbox is woken by what changes here.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.functions import TransactionNow
from django.db.models import Case, Count, F, Max, Min, QuerySet, Value, When

from seamline import topology
from seamline.databases import fetch
from seamline.events.models import OutboxMessage, OutboxState, Subscription
from seamline.layout import alias_of
from seamline.module import active
from seamline.work import wakeups

# One pass over what is not delivered yet, however much was.
_STATUS = """
    WITH dead AS MATERIALIZED (
        SELECT subscriber, key, count(*) AS number, min(id) AS first FROM seamline_outbox
        WHERE module = %(module)s AND state = 'dead' GROUP BY subscriber, key),
    open AS (
        SELECT event.subscriber, count(*) FILTER (WHERE state = 'delivering') AS delivering,
            count(*) FILTER (WHERE state = 'pending' AND (id > first) IS NOT TRUE) AS waiting,
            count(*) FILTER (WHERE state = 'pending' AND id > first) AS blocked,
            extract(epoch FROM now() - min(published_at) FILTER (WHERE (id > first) IS NOT TRUE))::float8 AS oldest
        FROM seamline_outbox AS event LEFT JOIN dead ON dead.subscriber = event.subscriber AND dead.key = event.key
        WHERE module = %(module)s AND state IN ('pending', 'delivering') GROUP BY event.subscriber),
    given_up AS (SELECT subscriber, sum(number)::int AS dead FROM dead GROUP BY subscriber),
    known AS (SELECT subscriber, max(backoff_until) AS backoff_until FROM seamline_subscription
        WHERE module = %(module)s GROUP BY subscriber)
    SELECT subscriber, coalesce(waiting, 0), coalesce(delivering, 0), coalesce(dead, 0), coalesce(blocked, 0), oldest,
        CASE WHEN backoff_until > now() THEN backoff_until END
    FROM known FULL JOIN open USING (subscriber) FULL JOIN given_up USING (subscriber) ORDER BY subscriber
"""
_DEAD = """
    SELECT id, event_id, name, key, subscriber, failures, last_error, published_at, (
        SELECT count(*) FROM seamline_outbox AS behind
        WHERE behind.module = event.module AND behind.subscriber = event.subscriber AND behind.key = event.key
          AND behind.id > event.id AND behind.state = 'pending')
    FROM seamline_outbox AS event
    WHERE module = %s AND state = 'dead' AND subscriber = coalesce(%s, subscriber)
      AND event_id = coalesce(%s, event_id) ORDER BY id
"""


class Standing(NamedTuple):
    """What one subscriber has still to get of a module's events."""

    subscriber: str
    waiting: int
    delivering: int
    dead: int
    blocked: int
    """Those behind a dead one of their key."""
    oldest_seconds: float | None
    """Since the oldest was published that waits or is under way; the dead and the blocked are left out."""
    backoff_until: datetime | None
    """Until when the subscriber is left alone, because it could not be reached."""


class Dead(NamedTuple):
    """An event that one subscriber could not handle."""

    id: int
    event_id: UUID
    name: str
    key: str
    subscriber: str
    failures: int
    last_error: str
    published_at: datetime
    blocked: int
    """How many events of its key wait behind it."""


class Delivered(NamedTuple):
    """Events that a replay would send again, and when the first and the last of them were delivered."""

    number: int
    first: datetime | None
    last: datetime | None


def modules() -> list[str]:
    """The modules whose outbox is looked after here."""
    routes = topology.current()
    return [name for name in active() if routes.is_here(name)]


def status(module: str) -> list[Standing]:
    """How the subscribers of a module stand, by name."""
    return [Standing(*row) for row in fetch(module, _STATUS, {"module": module})]


def dead(module: str, subscriber: str | None = None, event: UUID | None = None) -> list[Dead]:
    """The dead events of a module: of one subscriber, with one id, or all. The oldest first."""
    return [Dead(*row) for row in fetch(module, _DEAD, [module, subscriber, event])]


def states(module: str, event: UUID) -> dict[str, str]:
    """The state of one event, by subscriber."""
    return dict(_outbox(module).filter(event_id=event).values_list("subscriber", "state"))


def retry(module: str, subscriber: str | None = None, event: UUID | None = None) -> int:
    """Make dead events due again now, and what is blocked behind them after them; how many."""
    rows = _rows(module, OutboxState.DEAD, subscriber, event)
    return _woken(module, rows.update(state=OutboxState.PENDING, failures=0, due_at=TransactionNow()))


def discard(module: str, subscriber: str, event: UUID) -> int:
    """Give a dead event up: its subscriber never hears of it, what is blocked behind it goes on; how many (0, 1)."""
    rows = _rows(module, OutboxState.DEAD, subscriber, event)
    return _woken(module, rows.update(state=OutboxState.DISCARDED, done_at=TransactionNow()))


def count_replay(module: str, subscriber: str, since: datetime | None = None, event: UUID | None = None) -> Delivered:
    """Count what `replay` would send again."""
    rows = _replayable(module, subscriber, since, event)
    return Delivered(**rows.aggregate(number=Count("id"), first=Min("done_at"), last=Max("done_at")))


def replay(module: str, subscriber: str, since: datetime | None = None, event: UUID | None = None) -> int:
    """Send a subscriber again what was delivered to it since then, in the order of publication; how many events.

    It ignores what it has handled, so that this restores what it lost and changes nothing else.
    """
    rows = _replayable(module, subscriber, since, event)
    # Of a row that was claimed once nobody holds an old claim, so that it counts as new, and goes along with others.
    attempts = Case(When(attempts=1, then=Value(0)), default=F("attempts"))
    return _woken(
        module, rows.update(state=OutboxState.PENDING, attempts=attempts, failures=0, due_at=TransactionNow())
    )


def _outbox(module: str) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.using(alias_of(module)).filter(module=module)


def _woken(module: str, changed: int) -> int:
    """Have an outbox looked at where something in it was changed; how many events were."""
    if changed:
        wakeups.wake(module)
    return changed


def _rows(module: str, state: OutboxState, subscriber: str | None, event: UUID | None) -> QuerySet[OutboxMessage]:
    asked: dict[str, Any] = {"subscriber": subscriber, "event_id": event}
    given = {name: value for name, value in asked.items() if value is not None}
    return _outbox(module).filter(state=state, **given)


def _replayable(module: str, subscriber: str, since: datetime | None, event: UUID | None) -> QuerySet[OutboxMessage]:
    # What it listens to no more it would refuse.
    heard = Subscription.objects.using(alias_of(module)).filter(module=module, subscriber=subscriber).values("event")
    rows = _rows(module, OutboxState.DONE, subscriber, event).filter(name__in=heard)
    return rows.filter(done_at__gte=since) if since else rows
