"""Delivery of a batch of events, the same wherever it is run: a contract call like any other."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby

import structlog

from contracts.language import AvailabilityError, Category, ContractError, DeadlineExceeded
from kernel.calls import call
from kernel.context import working_for
from kernel.events import claims
from kernel.events.claims import LEASE, Batch, Claimed
from kernel.events.mailbox import Envelope, mailbox

log = structlog.get_logger("seam.events")

MARGIN = 5.0
"""Seconds before a lease lapses in which nothing is begun any more."""


class Unfinished(ContractError, category=Category.INTERNAL):
    """The event was not handled in time, by a subscriber that answers."""


def deliver(batch: Batch) -> None:
    """Deliver a batch in order, and note in the outbox what became of each event.

    New events go together, in one call and one transaction of the subscriber's; where they fail together each goes
    alone, as does one that was tried before. A failure holds up the events of its own key and no others.
    """
    ahead = deque(_runs(batch.events))
    parked: set[str] = set()
    untried: list[Claimed] = []
    with working_for(batch.publisher, timeout=LEASE - MARGIN):
        while ahead:
            run = ahead.popleft()
            untried += [event for event in run if event.key in parked]
            run = [event for event in run if event.key not in parked]
            error = _attempt(batch.subscriber, run) if run else None
            if error is None:
                claims.done(batch.publisher, run)
            elif isinstance(error, AvailabilityError):
                _leave_alone(batch, error, run[0].attempts)
                untried += run + [event for run in ahead for event in run]
                break
            elif len(run) == 1:
                _fail(batch, run[0], error)
                parked.add(run[0].key)
            else:
                ahead.extendleft([event] for event in reversed(run))
    claims.release(batch.publisher, untried)


def _runs(events: Sequence[Claimed]) -> Iterator[list[Claimed]]:
    for is_new, run in groupby(events, lambda event: event.attempts == 1):
        if is_new:
            yield list(run)
        else:
            yield from ([event] for event in run)


def _attempt(subscriber: str, events: Sequence[Claimed]) -> ContractError | None:
    envelopes = tuple(Envelope(e.event_id, e.name, e.payload, e.request_id, e.traceparent) for e in events)
    try:
        call(mailbox(subscriber)).deliver(envelopes)
    except DeadlineExceeded as late:
        return Unfinished() if _answers(subscriber) else late
    except ContractError as error:
        return error
    return None


def _answers(subscriber: str) -> bool:
    try:
        call(mailbox(subscriber)).ping()
    except ContractError:
        return False
    return True


def _fail(batch: Batch, event: Claimed, error: ContractError) -> None:
    dead = claims.failed(batch.publisher, event, error)
    report = log.error if dead else log.warning
    report(
        "event_dead" if dead else "event_failed",
        name=event.name,
        event_id=str(event.event_id),
        subscriber=batch.subscriber,
        error=error.code,
        request_id=event.request_id,
    )


def _leave_alone(batch: Batch, error: ContractError, attempts: int) -> None:
    log.warning("subscriber_away", publisher=batch.publisher, subscriber=batch.subscriber, error=error.code)
    claims.rest(batch.publisher, batch.subscriber, attempts)
