"""For `manage.py shell`: two events that `users` could not handle, and one that is blocked behind the first."""

from datetime import UTC, datetime
from uuid import uuid4

from contracts.orders import OrderCancelled, OrderCreated
from seamline.configuration.policies import delivery_policy
from seamline.contract import Money
from seamline.databases import transaction
from seamline.events import publish, relay
from seamline.events.mailbox import mailbox
from seamline.events.models import OutboxMessage
from seamline.testing import fake_contract


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
with fake_contract(mailbox("users"), Failing()):
    for _ in range(delivery_policy().max_failures):
        waiting = OutboxMessage.objects.using("orders").filter(state="pending", subscriber="users")
        waiting.update(due_at=datetime(2000, 1, 1, tzinfo=UTC))
        relay.drain("orders")
