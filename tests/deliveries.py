"""Deliveries made here and now, in the test's own process and transaction."""

from datetime import UTC, datetime

from seamline.configuration.policies import delivery_policy
from seamline.events import relay
from seamline.events.models import OutboxMessage, Subscription
from seamline.module import active

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""A moment ago would not do: to PostgreSQL it is still now when the test's transaction began."""


def deliver_all() -> int:
    """Deliver all that waits in every outbox, and return how many deliveries were tried.

    What failed, as on a machine so busy that a deadline passed, is tried again without a pause until it is dead.
    """
    tried = 0
    for _ in range(delivery_policy().max_failures + 1):
        while delivered := sum(relay.drain(module) for module in active()):
            tried += delivered
        if not sum(make_due(module) for module in active()):
            break
    return tried


def make_due(module: str) -> int:
    """Make every waiting delivery of a module due, and every claim lapsed; return how many were not due before."""
    Subscription.objects.using(module).update(backoff_until=LONG_AGO)
    waiting = OutboxMessage.objects.using(module).filter(state__in=("pending", "delivering"))
    return waiting.exclude(due_at=LONG_AGO).update(due_at=LONG_AGO)
