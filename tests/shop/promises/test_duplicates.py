"""Every contract call and every delivery happens twice: as after an answer that was lost on its way."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from contracts.catalog import Product
from contracts.inventory import Inventory, StockLevel, StockLine
from contracts.notifications import Notifications
from contracts.orders import Orders, OrderStatus
from contracts.payments import Payments, PaymentStatus
from contracts.users import Profile, Users
from modules.catalog import service as catalog
from modules.inventory import service as inventory
from modules.orders import service as orders
from modules.users import service as users
from seamline.calls import call, proxy
from seamline.contract import Money, Operation
from seamline.events import subscriptions
from seamline.module import active
from seamline.work import sagas
from tests.deliveries import deliver_all
from tests.departed import PROJECT

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
SKU = "MUG"


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The operations that were called, each twice with the same key; the second answer is the one that counts."""
    seen: set[str] = set()
    send = proxy._send

    def send_twice(operation: Operation, *rest: Any) -> Any:
        seen.add(operation.path)
        send(operation, *rest)
        return send(operation, *rest)

    monkeypatch.setattr(proxy, "_send", send_twice)
    for announcement in subscriptions.announcements():
        subscriptions.announce(announcement)
    return seen


@pytest.fixture
def ada(called: set[str]) -> UUID:
    catalog.add(uuid4(), Product(SKU, "Mug", "", Money(1250, "EUR")))
    deliver_all()
    inventory.adjust(uuid4(), SKU, 10, "Opening stock")
    return users.register(uuid4(), "ada@example.com", "correct horse battery", "Ada").id


def order(customer: UUID, method: str = "sandbox:approve") -> UUID:
    order_id = uuid4()
    orders.place(order_id, Profile(customer, "ada"), (StockLine(SKU, 2),), None, method)
    deliver_all()
    return order_id


def test_an_order_and_its_cancellation_have_one_effect_each(ada: UUID) -> None:
    order_id = order(ada)
    assert call(Inventory).stock(SKU) == StockLevel(SKU, available=8, reserved=2, on_hand=10)
    assert call(Users).points(ada).balance == 25
    orders.change_status(order_id, OrderStatus.CANCELLED, ada)
    deliver_all()
    assert call(Inventory).stock(SKU) == StockLevel(SKU, available=10, reserved=0, on_hand=10)
    assert call(Payments).payment(order_id).status is PaymentStatus.VOIDED
    assert call(Users).points(ada).balance == 0
    told = [notification.kind for notification in call(Notifications).recent(ada)]
    assert sorted(told) == ["order_cancelled", "order_confirmed", "welcome"]


def test_an_order_that_ships_and_comes_back_is_paid_and_refunded_once(ada: UUID) -> None:
    order_id = order(ada)
    for status in (OrderStatus.SHIPPED, OrderStatus.RETURNED):
        orders.change_status(order_id, status, None)
        deliver_all()
    payment = call(Payments).payment(order_id)
    assert (payment.status, payment.refunded) == (PaymentStatus.REFUNDED, Money(2500, "EUR"))
    assert call(Inventory).stock(SKU) == StockLevel(SKU, available=10, reserved=0, on_hand=10)
    assert call(Users).points(ada).balance == 0


def test_compensations_have_one_effect_too_and_every_command_was_among_the_repeated(
    ada: UUID, called: set[str]
) -> None:
    waiting = order(ada, "sandbox:timeout")
    orders.change_status(waiting, OrderStatus.CANCELLED, ada)
    deliver_all()
    sagas.resume("orders")
    assert call(Orders).order(waiting).status is OrderStatus.CANCELLED
    assert call(Inventory).stock(SKU).available == 10
    commands = {
        operation.path
        for module in PROJECT.modules
        for contract in active()[module].serves
        for operation in contract.operations.values()
        if operation.is_command
    }
    order(ada)
    assert commands <= called
