from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import IntegrityError, connections
from django.db.models import F
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.catalog import ProductAdded
from contracts.inventory import Inventory, OutOfStock, Reservation, ReservationOver, StockLevel, StockLine, UnknownStock
from contracts.orders import OrderCancelled, OrderReturned, OrderShipped
from modules.inventory import service
from modules.inventory.models import Stock
from seamline.calls import call
from seamline.contract import InvalidArguments, Money
from seamline.databases import transaction
from seamline.testing import deliver

pytestmark = pytest.mark.django_db(databases=["inventory"])
EURO = Money(100, "EUR")


@pytest.fixture
def mugs() -> str:
    service.open_stock("MUG")
    service.adjust(uuid4(), "MUG", 5, "Opening stock")
    return "MUG"


def level(sku: str) -> StockLevel:
    return call(Inventory).stock(sku)


def test_a_product_that_joins_the_catalog_has_stock_of_none() -> None:
    deliver(ProductAdded("NEW", "New"), to="inventory", times=2)
    assert level("NEW") == StockLevel("NEW", available=0, reserved=0, on_hand=0)


def test_unknown_stock_is_refused() -> None:
    with pytest.raises(UnknownStock) as refused:
        level("NOPE")
    assert refused.value.sku == "NOPE"


def test_a_reservation_moves_pieces_from_available_to_reserved(mugs: str) -> None:
    call(Inventory).reserve(uuid4(), (StockLine(mugs, 2),))
    assert level(mugs) == StockLevel(mugs, available=3, reserved=2, on_hand=5)


def test_reserving_again_for_the_same_order_changes_nothing(mugs: str) -> None:
    order = uuid4()
    answers = [call(Inventory).reserve(order, (StockLine(mugs, 2),)) for _ in range(2)]
    assert answers == [Reservation(order, (StockLine(mugs, 2),))] * 2
    assert level(mugs).reserved == 2


def test_a_product_that_stands_in_two_lines_is_refused(mugs: str) -> None:
    with pytest.raises(InvalidArguments, match="one line"):
        call(Inventory).reserve(uuid4(), (StockLine(mugs, 1), StockLine(mugs, 2)))
    assert level(mugs).reserved == 0


def test_stock_grows_beyond_what_32_bits_hold(mugs: str) -> None:
    Stock.objects.filter(sku=mugs).update(on_hand=2**31 - 1)
    assert service.adjust(uuid4(), mugs, 1_000_000, "Delivery").on_hand == 2**31 - 1 + 1_000_000


def test_all_lines_are_held_or_none(mugs: str) -> None:
    service.open_stock("TEAPOT")
    with pytest.raises(OutOfStock) as refused:
        call(Inventory).reserve(uuid4(), (StockLine(mugs, 1), StockLine("TEAPOT", 1)))
    assert (refused.value.sku, refused.value.requested, refused.value.available) == ("TEAPOT", 1, 0)
    assert level(mugs).reserved == 0


def test_releasing_gives_back_once(mugs: str) -> None:
    order = uuid4()
    call(Inventory).reserve(order, (StockLine(mugs, 2),))
    for _ in range(2):
        call(Inventory).release(order)
    assert level(mugs).available == 5


def test_an_order_that_was_released_first_can_hold_nothing_later(mugs: str) -> None:
    order = uuid4()
    call(Inventory).release(order)
    with pytest.raises(ReservationOver):
        call(Inventory).reserve(order, (StockLine(mugs, 2),))
    assert level(mugs).available == 5


def test_shipping_takes_pieces_out_of_the_house_and_a_return_brings_them_back(mugs: str) -> None:
    order, customer = uuid4(), uuid4()
    call(Inventory).reserve(order, (StockLine(mugs, 2),))
    deliver(OrderShipped(order, customer), to="inventory", times=2)
    assert level(mugs) == StockLevel(mugs, available=3, reserved=0, on_hand=3)
    deliver(OrderReturned(order, customer, EURO), to="inventory", times=2)
    assert level(mugs) == StockLevel(mugs, available=5, reserved=0, on_hand=5)


def test_a_cancelled_order_gives_back_what_it_held(mugs: str) -> None:
    order = uuid4()
    call(Inventory).reserve(order, (StockLine(mugs, 2),))
    deliver(OrderCancelled(order, uuid4(), EURO), to="inventory")
    assert level(mugs).available == 5


def test_an_adjustment_cannot_take_what_is_reserved(mugs: str) -> None:
    call(Inventory).reserve(uuid4(), (StockLine(mugs, 4),))
    with pytest.raises(OutOfStock):
        service.adjust(uuid4(), mugs, -2, "Broken")
    assert level(mugs).on_hand == 5


def test_an_adjustment_that_comes_again_under_its_id_counts_once(mugs: str) -> None:
    adjustment = uuid4()
    levels = [service.adjust(adjustment, mugs, 3, "Delivery") for _ in range(2)]
    assert [level.on_hand for level in levels] == [8, 8]


def test_the_database_itself_refuses_to_oversell(mugs: str) -> None:
    with pytest.raises(IntegrityError), transaction("inventory"):
        Stock.objects.filter(sku=mugs).update(reserved=F("on_hand") + 1)


@settings(max_examples=30, deadline=None)
@given(orders=st.lists(st.integers(1, 4), max_size=8))
def test_available_and_reserved_are_always_what_is_on_hand(orders: list[int]) -> None:
    sku = f"P-{uuid4().hex[:12].upper()}"
    service.open_stock(sku)
    service.adjust(uuid4(), sku, 10, "Opening stock")
    held = 0
    for quantity in orders:
        try:
            call(Inventory).reserve(uuid4(), (StockLine(sku, quantity),))
            held += quantity
        except OutOfStock as refused:
            assert refused.available < quantity
    assert level(sku) == StockLevel(sku, available=10 - held, reserved=held, on_hand=10)


@pytest.mark.django_db(databases=["inventory"], transaction=True)
def test_of_many_who_want_the_last_piece_at_once_one_gets_it() -> None:
    service.open_stock("LAST")
    service.adjust(uuid4(), "LAST", 1, "Opening stock")

    def buy(_: int) -> bool:
        try:
            call(Inventory).reserve(uuid4(), (StockLine("LAST", 1),))
            return True
        except OutOfStock:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as buyers:
        assert sum(buyers.map(buy, range(8))) == 1
    assert level("LAST") == StockLevel("LAST", available=0, reserved=1, on_hand=1)
