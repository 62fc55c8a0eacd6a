"""The whole shop hears everything a second time, from the beginning: nothing changes. And what was lost comes back."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.conf import settings

from contracts.catalog import Product
from contracts.inventory import StockLine
from contracts.orders import OrderStatus
from contracts.users import Profile
from modules.catalog import service as catalog
from modules.inventory import service as inventory
from modules.notifications.models import Notification
from modules.orders import service as orders
from modules.users import service as users
from seamline.contract import Money
from seamline.databases import cursor
from seamline.events import subscriptions
from seamline.events.models import InboxMessage, OutboxMessage
from seamline.module import active
from seamline.operations import event_administration
from tests.deliveries import deliver_all

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
SKU = "MUG"


@pytest.fixture
def ada() -> UUID:
    """A customer with orders in every state: confirmed, shipped, returned, cancelled, refused, waiting for payment."""
    for announcement in subscriptions.announcements():
        subscriptions.announce(announcement)
    catalog.add(uuid4(), Product(SKU, "Mug", "", Money(1250, "EUR")))
    deliver_all()
    inventory.adjust(uuid4(), SKU, 50, "Opening stock")
    customer = users.register(uuid4(), "ada@example.com", "correct horse battery", "Ada").id
    order(customer)
    order(customer, OrderStatus.SHIPPED)
    order(customer, OrderStatus.SHIPPED, OrderStatus.RETURNED)
    order(customer, OrderStatus.CANCELLED)
    order(customer, method="sandbox:timeout")
    with pytest.raises(Exception, match="declined"):
        order(customer, method="sandbox:decline")
    deliver_all()
    return customer


def order(customer: UUID, *statuses: OrderStatus, method: str = "sandbox:approve") -> None:
    order_id = uuid4()
    orders.place(order_id, Profile(customer, "ada"), (StockLine(SKU, 2),), None, method)
    deliver_all()
    for status in statuses:
        orders.change_status(order_id, status, None)
        deliver_all()


def business() -> dict[str, list[Any]]:
    """Every row of every module's own tables."""
    found = {}
    for module in active():
        for model in apps.get_app_config(module).get_models():
            found[model._meta.db_table] = sorted(map(repr, model._default_manager.using(module).values_list()))
    return found


def outboxes() -> list[OutboxMessage]:
    return [row for module in active() for row in OutboxMessage.objects.using(module).order_by("id")]


def replay_all() -> int:
    return sum(event_administration.replay(module, subscriber) for module in active() for subscriber in active())


def test_events_that_are_replayed_from_the_beginning_leave_the_same_state(ada: UUID) -> None:
    before, published = business(), outboxes()
    assert all(before[table] for table in ("users_pointsentry", "notifications_notification", "payments_refund"))
    assert replay_all() == len(published) > 20
    assert {row.state for row in outboxes()} == {"pending"}
    assert deliver_all() == len(published)
    assert business() == before
    assert [(row.event_id, row.state) for row in outboxes()] == [(row.event_id, "done") for row in published]


def test_a_subscriber_that_lost_everything_hears_it_all_again(ada: UUID) -> None:
    def told() -> list[tuple[str, str]]:
        return sorted(Notification.objects.values_list("kind", "text"))

    before = told()
    with cursor("notifications") as sql:
        sql.execute("DELETE FROM notifications_notification")
    InboxMessage.objects.using("notifications").all().delete()
    assert told() == []
    for module in active():
        event_administration.replay(module, "notifications")
    deliver_all()
    assert told() == before


def test_a_subscriber_that_remembers_nothing_ends_with_the_same_balances(ada: UUID) -> None:
    """The handlers that count money and stock have natural keys of their own, besides the inbox."""
    before = business()
    for module in ("users", "inventory", "payments", "orders"):
        InboxMessage.objects.using(module).all().delete()
        for publisher in active():
            event_administration.replay(publisher, module)
    deliver_all()
    assert business() == before
