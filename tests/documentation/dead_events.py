"""For `manage.py shell`: two events that `users` could not handle, and one that is parked behind the first."""

from datetime import UTC, datetime
from uuid import uuid4

from contracts.language import Money
from contracts.orders import OrderCancelled, OrderCreated
from kernel.databases import transaction
from kernel.events import claims, publish, relay
from kernel.events.mailbox import mailbox
from kernel.models import Outbox
from kernel.testing import standing_in


class Failing:
    def deliver(self, envelopes: object) -> None:
        raise RuntimeError("cannot handle this")

    def subscribe(self, subscriber: str, events: object) -> None: ...

    def ping(self) -> None: ...


first, second, customer, total = uuid4(), uuid4(), uuid4(), Money(100, "EUR")
with transaction("orders"):
    publish(OrderCreated(first, customer, total))
    publish(OrderCreated(second, customer, total))
    publish(OrderCancelled(first, customer, total))
with standing_in(mailbox("users"), Failing()):
    for _ in range(claims.MAX_FAILURES):
        waiting = Outbox.objects.using("orders").filter(state="pending", subscriber="users")
        waiting.update(due_at=datetime(2000, 1, 1, tzinfo=UTC))
        relay.drain("orders")
