from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from contracts.inventory import Inventory, StockLine
from contracts.orders import Order, Orders, OrderStatus
from modules.inventory import jobs, service
from modules.inventory.models import Reservation
from seamline.calls import call
from seamline.contract import Ids, Money, Unavailable
from seamline.testing import fake_contract

pytestmark = pytest.mark.django_db(databases=["inventory"])
NOTHING = Money(0, "EUR")


class FakeOrders:
    def __init__(self, statuses: dict[UUID, OrderStatus]) -> None:
        self.statuses = statuses

    def order(self, order_id: UUID) -> Order:
        raise NotImplementedError

    def orders(self, order_ids: Ids) -> tuple[Order, ...]:
        return tuple(
            Order(each, each, self.statuses[each], (), NOTHING, NOTHING, None, None, timezone.now())
            for each in order_ids
            if each in self.statuses
        )


def held(age: timedelta = jobs.HELD_FOR) -> UUID:
    order_id = uuid4()
    call(Inventory).reserve(order_id, (StockLine("MUG", 1),))
    Reservation.objects.filter(order_id=order_id).update(created_at=timezone.now() - age)
    return order_id


@pytest.fixture(autouse=True)
def _mugs() -> None:
    service.open_stock("MUG")
    service.adjust(uuid4(), "MUG", 10, "Opening stock")


def test_what_orders_that_are_over_hold_is_given_back_and_nothing_else() -> None:
    statuses = {held(): status for status in OrderStatus}
    unknown, young = held(), held(timedelta(minutes=5))
    with fake_contract(Orders, FakeOrders(statuses)):
        jobs.release_orphans()

    released = {each.order_id for each in Reservation.objects.exclude(state="held")}
    assert released == {each for each, status in statuses.items() if status in jobs.OVER} | {unknown}
    assert young not in released
    assert call(Inventory).stock("MUG").reserved == len(statuses) + 2 - len(released)


def test_while_orders_is_away_everything_stays_held() -> None:
    order_id = held()

    class Away(FakeOrders):
        def orders(self, order_ids: Ids) -> tuple[Order, ...]:
            raise Unavailable(module="orders")

    with fake_contract(Orders, Away({})), pytest.raises(Unavailable):
        jobs.release_orphans()
    assert Reservation.objects.get(order_id=order_id).state == "held"
