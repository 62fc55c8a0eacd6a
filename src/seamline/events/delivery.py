"""Delivery of events, the same whoever runs it: a contract call like any other."""

import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby

import structlog

from seamline.calls import call
from seamline.configuration.policies import delivery_policy
from seamline.context import working_for
from seamline.contract import AvailabilityError, Category, ContractError, DeadlineExceeded
from seamline.encryption import CannotDecrypt, decrypt
from seamline.events import outbox_leases
from seamline.events.mailbox import Envelope, mailbox
from seamline.events.outbox_leases import LeasedMessage
from seamline.observability import metrics

log = structlog.get_logger("seamline.events")


class Unfinished(ContractError, category=Category.INTERNAL):
    """The event was not handled in time, by a subscriber that answers."""


class Unreadable(ContractError, category=Category.INTERNAL):
    """The event is encrypted with a key that is not here."""


def drain(publisher: str, subscriber: str) -> int:
    """Deliver what is due in a publisher's outbox to one subscriber, for a while; how many events were leased."""
    leased = 0
    over = time.monotonic() + delivery_policy().time_slice
    while time.monotonic() < over and (events := outbox_leases.lease_due(publisher, subscriber)):
        leased += len(events)
        for event in events:
            if event.lapsed:
                _report(publisher, subscriber, event, "lease_lapsed", event.dead)
        if not deliver(publisher, subscriber, [event for event in events if not event.dead]):
            break
    return leased


def deliver(publisher: str, subscriber: str, events: Sequence[LeasedMessage]) -> bool:
    """Deliver leased events in order, and note in the outbox what became of each; whether others may be waiting.

    New events go together, in one call and one transaction of the subscriber's; where they fail together each goes
    alone, as does one that was tried before. A failure holds up the events of its own key and no others.
    """
    ahead = deque(_runs(events))
    blocked: set[str] = set()
    untried: list[LeasedMessage] = []
    over, others = time.monotonic() + delivery_policy().begin_within, True
    with working_for(publisher):
        while ahead and time.monotonic() < over:
            run = ahead.popleft()
            untried += [event for event in run if event.key in blocked]
            run = [event for event in run if event.key not in blocked]
            error = _attempt(subscriber, run) if run else None
            if error is None:
                others = _settle(publisher, subscriber, run)
            elif isinstance(error, AvailabilityError):
                log.warning("subscriber_unreachable", publisher=publisher, subscriber=subscriber, error=error.code)
                outbox_leases.back_off(publisher, subscriber, run[0].attempts)
                untried += run
                break
            elif len(run) == 1:
                _record_failure(publisher, subscriber, run[0], error)
                blocked.add(run[0].key)
            else:
                ahead.extendleft([event] for event in reversed(run))
    outbox_leases.release(publisher, untried + [event for run in ahead for event in run])
    metrics.flush()
    return others


def _runs(events: Sequence[LeasedMessage]) -> Iterator[list[LeasedMessage]]:
    for is_new, run in groupby(events, lambda event: event.attempts == 1):
        if is_new:
            yield list(run)
        else:
            yield from ([event] for event in run)


def _attempt(subscriber: str, events: Sequence[LeasedMessage]) -> ContractError | None:
    try:
        payloads = [decrypt(event.payload) for event in events]
    except CannotDecrypt as error:
        log.error("event_unreadable", subscriber=subscriber, error=str(error))
        return Unreadable()
    envelopes = tuple(
        Envelope(event.event_id, event.name, payload, event.request_id, event.traceparent)
        for event, payload in zip(events, payloads, strict=True)
    )
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


def _settle(publisher: str, subscriber: str, events: Sequence[LeasedMessage]) -> bool:
    done = outbox_leases.settle(publisher, events)
    metrics.events_delivered.labels(publisher, subscriber).inc(len(done))
    for event in done:
        if event.seconds is not None:
            metrics.event_latency.labels(event.name).observe(event.seconds)
    return not done or done[0].others


def _record_failure(publisher: str, subscriber: str, event: LeasedMessage, error: ContractError) -> None:
    _report(publisher, subscriber, event, error.code, outbox_leases.record_failure(publisher, event, error))


def _report(publisher: str, subscriber: str, event: LeasedMessage, error: str, dead: bool) -> None:
    metrics.events_failed.labels(publisher, subscriber).inc()
    log.log(
        logging.ERROR if dead else logging.WARNING,
        "event_dead_letter" if dead else "event_failed",
        name=event.name,
        event_id=str(event.event_id),
        subscriber=subscriber,
        error=error,
        request_id=event.request_id,
    )
