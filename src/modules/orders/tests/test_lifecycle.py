from itertools import product
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.catalog import Price
from contracts.inventory import StockLine
from contracts.orders import OrderReturned, OrderShipped, OrderStatus, UnknownOrder
from modules.orders import models, service
from modules.orders.errors import IllegalTransition, MixedCurrencies, NotForCustomers, OrderTooLarge
from modules.orders.lifecycle import BY_CUSTOMER, BY_STAFF, TRANSITIONS
from modules.orders.pricing import cost
from seamline.contract import Money
from seamline.testing import captured_events

CUSTOMER = uuid4()
STAFF = None
database = pytest.mark.django_db(databases=["orders"])


def an_order(status: OrderStatus) -> UUID:
    asked = {"currency": "EUR", "discount": 0, "total": 100, "payment_method": "x:y", "payment_id": uuid4()}
    return models.Order.objects.create(id=uuid4(), customer_id=CUSTOMER, status=status, **asked).id


@database
@pytest.mark.parametrize(("before", "wanted"), list(product(OrderStatus, OrderStatus)))
def test_staff_may_make_the_changes_in_the_table_and_no_others(before: OrderStatus, wanted: OrderStatus) -> None:
    order_id = an_order(before)
    if wanted in TRANSITIONS[before] & BY_STAFF:
        assert service.change_status(order_id, wanted, STAFF).status is wanted
    else:
        with pytest.raises(IllegalTransition) as refused:
            service.change_status(order_id, wanted, STAFF)
        assert (refused.value.status, refused.value.wanted) == (before, wanted)
        assert models.Order.objects.get(id=order_id).status == before


@database
@pytest.mark.parametrize("wanted", sorted(TRANSITIONS[OrderStatus.CONFIRMED] - BY_CUSTOMER))
def test_customers_may_only_cancel(wanted: OrderStatus) -> None:
    with pytest.raises(NotForCustomers):
        service.change_status(an_order(OrderStatus.CONFIRMED), wanted, CUSTOMER)


@database
def test_another_customers_order_is_as_good_as_unknown() -> None:
    with pytest.raises(UnknownOrder):
        service.change_status(an_order(OrderStatus.CONFIRMED), OrderStatus.CANCELLED, uuid4())


@database
def test_shipping_and_returning_are_told_of() -> None:
    order_id = an_order(OrderStatus.CONFIRMED)
    with captured_events(OrderShipped, OrderReturned) as published:
        service.change_status(order_id, OrderStatus.SHIPPED, STAFF)
        service.change_status(order_id, OrderStatus.RETURNED, STAFF)
        shipped, returned = OrderShipped(order_id, CUSTOMER), OrderReturned(order_id, CUSTOMER, Money(100, "EUR"))
        assert published() == [shipped, returned]


def test_no_order_comes_back_from_the_end() -> None:
    ends = {status for status, onwards in TRANSITIONS.items() if not onwards}
    assert ends == {OrderStatus.REFUSED, OrderStatus.CANCELLED, OrderStatus.RETURNED}


@given(basket=st.lists(st.tuples(st.integers(1, 10_000), st.integers(0, 10**6)), min_size=1, max_size=10))
def test_total_and_discount_add_up_to_the_full_price(basket: list[tuple[int, int]]) -> None:
    lines = tuple(StockLine(f"P{n}", quantity) for n, (quantity, _) in enumerate(basket))
    prices = tuple(Price(f"P{n}", "", Money(amount, "EUR")) for n, (_, amount) in enumerate(basket))
    discount, total = cost(lines, prices, 33)
    full = sum(quantity * amount for quantity, amount in basket)
    assert discount.amount + total.amount == full
    assert abs(discount.amount * 100 - full * 33) <= 50


def test_an_order_may_not_cost_more_than_can_be_paid() -> None:
    with pytest.raises(OrderTooLarge):
        cost((StockLine("A", 10_000),), (Price("A", "", Money(10**12, "EUR")),), 0)


def test_products_of_two_currencies_cannot_be_ordered_together() -> None:
    prices = (Price("A", "", Money(1, "EUR")), Price("B", "", Money(1, "USD")))
    with pytest.raises(MixedCurrencies):
        cost((StockLine("A", 1), StockLine("B", 1)), prices, 0)
