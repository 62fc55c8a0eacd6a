"""Stock: anybody looks, staff count."""

from typing import Any

import pytest

from tests.client import Client
from tests.shop import Customer, Shop, idempotency_key, new_sku


@pytest.fixture(scope="module")
def sku(shop: Shop) -> str:
    """A product with five in stock, which no test here changes."""
    return shop.product(stock=5)


def test_what_comes_in_is_available(shop: Shop) -> None:
    sku = shop.product()
    shop.adjust(sku, 7).expect(201)
    assert shop.stock(sku) == (7, 0)
    shop.adjust(sku, -3).expect(201)
    assert shop.stock(sku) == (4, 0)


def test_no_more_goes_out_than_there_is(shop: Shop, sku: str) -> None:
    shop.adjust(sku, -6).refused(409)
    assert shop.stock(sku) == (5, 0)


def test_what_is_reserved_does_not_go_out(shop: Shop, regular: Customer) -> None:
    sku = shop.product(stock=3)
    regular.bought(sku, 2)
    shop.adjust(sku, -2).refused(409)
    assert shop.stock(sku) == (1, 2)


def test_only_staff_adjust_stock(shop: Shop, anonymous: Client, passer_by: Customer, sku: str) -> None:
    for client, status in ((anonymous, 401), (passer_by.client, 403)):
        client.post(f"/stock/{sku}/adjustments", {"quantity": 1, "reason": "mine"}).refused(status)
    assert shop.stock(sku) == (5, 0)


def test_there_is_no_stock_of_an_unknown_product(shop: Shop, anonymous: Client) -> None:
    anonymous.get(f"/stock/{new_sku()}").refused(404, "inventory.unknown_stock")
    shop.adjust(new_sku(), 1).refused(404, "inventory.unknown_stock")


@pytest.mark.parametrize("quantity", ["1", 1.5, None, 2**70], ids=repr)
def test_an_adjustment_that_does_not_fit_changes_nothing(shop: Shop, sku: str, quantity: Any) -> None:
    shop.adjust(sku, quantity).refused(422)
    assert shop.stock(sku) == (5, 0)


def test_an_adjustment_that_comes_twice_counts_once(shop: Shop, staff: Client) -> None:
    sku, key = shop.product(), idempotency_key()
    for _ in range(2):
        adjustment = {"quantity": 4, "reason": "delivery"}
        staff.post(f"/stock/{sku}/adjustments", adjustment, Idempotency_Key=key).expect(201)
    assert shop.stock(sku) == (4, 0)
