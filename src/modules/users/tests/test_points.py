from uuid import UUID, uuid4

import pytest

from contracts.orders import OrderCancelled, OrderCreated, OrderReturned
from contracts.users import UnknownUser, Users
from modules.users import service
from seamline.calls import call
from seamline.contract import Money
from seamline.testing import deliver

pytestmark = pytest.mark.django_db(databases=["users"])
TOTAL = Money(2599, "EUR")


@pytest.fixture
def ada() -> UUID:
    return service.register(uuid4(), "ada@example.com", "correct horse battery", "Ada").id


def balance(user_id: UUID) -> int:
    return call(Users).points(user_id).balance


def test_an_order_earns_a_point_for_each_whole_unit_of_currency(ada: UUID) -> None:
    deliver(OrderCreated(uuid4(), ada, TOTAL), to="users")
    assert balance(ada) == 25


def test_an_event_that_is_delivered_again_has_no_second_effect(ada: UUID) -> None:
    deliver(OrderCreated(uuid4(), ada, TOTAL), to="users", times=3)
    assert balance(ada) == 25


@pytest.mark.parametrize("over", [OrderCancelled, OrderReturned])
def test_an_order_that_is_over_gives_its_points_back_once(
    ada: UUID, over: type[OrderCancelled] | type[OrderReturned]
) -> None:
    order = uuid4()
    deliver(OrderCreated(order, ada, TOTAL), to="users")
    deliver(OrderCreated(uuid4(), ada, TOTAL), to="users")
    deliver(over(order, ada, TOTAL), to="users")
    deliver(over(order, ada, TOTAL), to="users")
    assert balance(ada) == 25


def test_an_order_that_earned_nothing_takes_nothing_back(ada: UUID) -> None:
    deliver(OrderCancelled(uuid4(), ada, TOTAL), to="users")
    assert balance(ada) == 0


def test_nobody_unknown_has_points() -> None:
    with pytest.raises(UnknownUser):
        balance(uuid4())
