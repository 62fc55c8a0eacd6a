"""Many customers want the last item at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.client import Answer
from tests.shop import Customer, Shop, order_of

CROWD = 8


@pytest.fixture(scope="module")
def crowd(shop: Shop) -> list[Customer]:
    """Two customers, each at several windows."""
    return [shop.customer(), shop.customer()] * (CROWD // 2)


def all_at_once(customers: list[Customer], *skus: str) -> list[Answer]:
    """Every customer orders one of each, all at the same moment."""
    barrier = Barrier(len(customers))

    def place(customer: Customer) -> Answer:
        barrier.wait()
        return customer.client.post("/orders", order_of(*((sku, 1) for sku in skus)))

    with ThreadPoolExecutor(len(customers)) as pool:
        return list(pool.map(place, customers))


def outcomes(answers: list[Answer]) -> list[int]:
    for answer in answers:
        if answer.status != 201:
            answer.refused(409, "inventory.out_of_stock")
    return sorted(answer.status for answer in answers)


def test_exactly_one_gets_the_last_item(shop: Shop, crowd: list[Customer]) -> None:
    for _ in range(3):
        sku = shop.product(stock=1)
        assert outcomes(all_at_once(crowd, sku)) == [201] + [409] * (CROWD - 1)
        shop.has_stock(sku, available=0, reserved=1)


def test_as_many_get_it_as_there_are(shop: Shop, crowd: list[Customer]) -> None:
    sku = shop.product(stock=3)
    assert outcomes(all_at_once(crowd, sku)) == [201] * 3 + [409] * (CROWD - 3)
    shop.has_stock(sku, available=0, reserved=3)


def test_orders_for_the_same_things_in_another_order_do_not_block_each_other(shop: Shop, crowd: list[Customer]) -> None:
    this, that = shop.product(stock=CROWD), shop.product(stock=CROWD)
    barrier = Barrier(CROWD)

    def place(number: int) -> Answer:
        barrier.wait()
        lines = [(this, 1), (that, 1)] if number % 2 else [(that, 1), (this, 1)]
        return crowd[number].client.post("/orders", order_of(*lines))

    with ThreadPoolExecutor(CROWD) as pool:
        assert outcomes(list(pool.map(place, range(CROWD)))) == [201] * CROWD
    assert (shop.stock(this), shop.stock(that)) == ((0, CROWD), (0, CROWD))
