"""The life of an order after checkout: who may move it where, and what follows from it elsewhere."""

from uuid import uuid4

import pytest

from tests.client import Answer, Client
from tests.shop import Customer, Shop

ILLEGAL = "orders.illegal_transition"


def put(client: Client, order_id: str, status: object) -> Answer:
    """Ask for another status."""
    return client.patch(f"/orders/{order_id}/status", {"status": status})


def test_cancelling_gives_everything_back(shop: Shop, customer: Customer) -> None:
    sku = shop.product(price=1000, stock=3)
    order = customer.bought(sku, 2)
    customer.sees_points(20)

    assert put(customer.client, order["id"], "cancelled").expect(200)["status"] == "cancelled"

    shop.has_stock(sku, available=3, reserved=0)
    customer.sees_payment(order["payment_id"], "voided")
    customer.sees_points(0)
    customer.hears("order_cancelled")


def test_shipping_takes_the_money_and_the_goods(shop: Shop, customer: Customer) -> None:
    sku = shop.product(price=1000, stock=3)
    order = customer.bought(sku, 2)
    assert put(shop.staff, order["id"], "shipped").expect(200)["status"] == "shipped"

    customer.sees_payment(order["payment_id"], "captured")
    shop.has_stock(sku, available=1, reserved=0)
    customer.hears("order_shipped")
    customer.sees_points(20)


def test_taking_an_order_back_returns_money_and_points(shop: Shop, customer: Customer) -> None:
    order = customer.bought(shop.product(price=1000, stock=1))
    shop.move(order["id"], "shipped", "delivered")
    customer.sees_payment(order["payment_id"], "captured")
    customer.sees_points(10)

    assert put(shop.staff, order["id"], "returned").expect(200)["status"] == "returned"

    payment = customer.sees_payment(order["payment_id"], "refunded")
    assert payment["refunded"] == order["total"]
    customer.sees_points(0)


def test_a_parcel_that_was_not_delivered_is_taken_back_too(shop: Shop, regular: Customer) -> None:
    order = regular.bought(shop.product(stock=1))
    shop.move(order["id"], "shipped", "returned")
    regular.sees_payment(order["payment_id"], "refunded")


@pytest.mark.parametrize(
    ("way", "wanted"),
    [
        ((), "delivered"),
        ((), "returned"),
        ((), "pending"),
        ((), "refused"),
        (("shipped",), "cancelled"),
        (("shipped", "delivered"), "shipped"),
        (("shipped", "delivered"), "cancelled"),
        (("shipped", "returned"), "delivered"),
    ],
    ids=lambda value: "→".join(value) if isinstance(value, tuple) else value,
)
def test_an_illegal_change_changes_nothing(shop: Shop, regular: Customer, way: tuple[str, ...], wanted: str) -> None:
    order = regular.bought(shop.product(stock=1))
    shop.move(order["id"], *way)
    put(shop.staff, order["id"], wanted).refused(409, ILLEGAL)
    assert regular.order(order["id"])["status"] == (way[-1] if way else "confirmed")


def test_a_cancelled_order_stays_cancelled(shop: Shop, regular: Customer) -> None:
    sku = shop.product(stock=1)
    order = regular.bought(sku)
    put(regular.client, order["id"], "cancelled").expect(200)
    put(shop.staff, order["id"], "shipped").refused(409, ILLEGAL)
    shop.has_stock(sku, available=1, reserved=0)
    assert regular.order(order["id"])["status"] == "cancelled"


def test_customers_do_not_ship(shop: Shop, regular: Customer) -> None:
    order = regular.bought(shop.product(stock=1))
    put(regular.client, order["id"], "shipped").refused(403)
    assert regular.order(order["id"])["status"] == "confirmed"


@pytest.mark.parametrize("status", ["lost", "", "SHIPPED", 1, None], ids=repr)
def test_a_status_is_one_of_the_known_words(shop: Shop, regular: Customer, status: object) -> None:
    order = regular.bought(shop.product(stock=1))
    problem = put(regular.client, order["id"], status).refused(422)
    assert problem["errors"][0]["path"] == "$.status"


def test_anothers_order_cannot_be_told_from_none(shop: Shop, regular: Customer, passer_by: Customer) -> None:
    sku = shop.product(stock=1)
    order = regular.bought(sku)
    for order_id in (order["id"], str(uuid4())):
        passer_by.client.get(f"/orders/{order_id}").refused(404)
        put(passer_by.client, order_id, "cancelled").refused(404)
    assert regular.order(order["id"])["status"] == "confirmed"
    assert shop.stock(sku) == (0, 1)


def test_an_id_that_is_none_is_not_found(passer_by: Customer) -> None:
    passer_by.client.get("/orders/not-an-id").refused(404)


def test_a_customer_sees_their_own_orders_newest_first(shop: Shop, customer: Customer, regular: Customer) -> None:
    sku = shop.product(stock=9)
    regular.bought(sku)
    placed = [customer.bought(sku)["id"] for _ in range(3)]

    first = customer.client.get("/orders?limit=2").expect(200)
    second = customer.client.get(first["next"]).expect(200)

    listed = [order["id"] for order in first["results"] + second["results"]]
    assert listed == placed[::-1]
    assert (len(first["results"]), second["next"]) == (2, None)


def test_the_nickname_on_an_order_is_the_present_one(shop: Shop, customer: Customer) -> None:
    order = customer.bought(shop.product(stock=1))
    customer.client.patch("/users/me", {"nickname": "Amazing Grace"}).expect(200)
    assert customer.order(order["id"])["nickname"] == "Amazing Grace"
