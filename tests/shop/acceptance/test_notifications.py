"""Notifications: what a customer is told of their own affairs."""

from tests.client import Client
from tests.shop import Customer, Shop
from tests.waiting import eventually


def test_a_new_customer_is_welcomed(passer_by: Customer) -> None:
    passer_by.hears("welcome")


def test_each_thing_is_told_once_newest_first(shop: Shop, customer: Customer) -> None:
    order = customer.bought(shop.product(stock=1))
    customer.hears("order_confirmed")
    customer.client.patch(f"/orders/{order['id']}/status", {"status": "cancelled"}).expect(200)
    customer.hears("order_cancelled")
    customer.hears("welcome")
    messages = customer.client.get("/notifications").expect(200)["results"]
    about_orders = [message for message in messages if message["order_id"]]

    assert [message["kind"] for message in about_orders] == ["order_cancelled", "order_confirmed"]
    assert {message["order_id"] for message in about_orders} == {order["id"]}
    assert all(message["text"] for message in messages)
    assert customer.told().count("welcome") == 1


def test_nobody_reads_what_others_are_told(shop: Shop, regular: Customer, passer_by: Customer) -> None:
    order = regular.bought(shop.product(stock=1))
    eventually(lambda: orders_told_of(regular), lambda told: order["id"] in told)
    assert orders_told_of(passer_by) == set()


def test_notifications_need_a_login(anonymous: Client) -> None:
    anonymous.get("/notifications").refused(401)


def orders_told_of(customer: Customer) -> set[str]:
    page = customer.client.get("/notifications").expect(200)
    return {message["order_id"] for message in page["results"] if message["order_id"]}
