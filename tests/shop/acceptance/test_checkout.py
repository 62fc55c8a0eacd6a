"""Checkout: an order is confirmed, refused with a reason, or accepted and settled later."""

import pytest

from tests.client import Client
from tests.shop import DECLINE, TIMEOUT, Customer, Json, Shop, new_sku, order_of


def test_an_order_is_confirmed(shop: Shop, regular: Customer) -> None:
    mug, pot = shop.product(price=1250, stock=5), shop.product(price=3000, stock=5)
    answer = regular.client.post("/orders", order_of((mug, 2), (pot, 1)))
    order = answer.expect(201)

    assert order["status"] == "confirmed"
    assert [(line["sku"], line["quantity"]) for line in order["lines"]] == [(mug, 2), (pot, 1)]
    assert [line["price"]["amount"] for line in order["lines"]] == [1250, 3000]
    assert order["total"] == {"amount": 5500, "currency": "EUR"}
    assert order["discount"] == {"amount": 0, "currency": "EUR"}
    assert order["nickname"] == regular.nickname
    assert regular.client.page(answer.headers["Location"]).expect(200) == order


def test_a_confirmed_order_holds_stock_and_money(shop: Shop, regular: Customer) -> None:
    sku = shop.product(price=1250, stock=5)
    order = regular.bought(sku, 2)
    payment = regular.payment(order["payment_id"])

    assert shop.stock(sku) == (3, 2)
    assert (payment["order_id"], payment["status"]) == (order["id"], "authorised")
    assert payment["amount"] == order["total"]
    assert payment["refunded"] == {"amount": 0, "currency": "EUR"}


def test_a_confirmed_order_brings_points_and_a_message(shop: Shop, customer: Customer) -> None:
    customer.bought(shop.product(price=1299, stock=3), 2)
    customer.sees_points(25)
    customer.hears("order_confirmed")


def test_an_order_keeps_the_price_it_was_placed_at(shop: Shop, regular: Customer) -> None:
    sku = shop.product(price=1000, stock=1)
    order = regular.bought(sku)
    dearer = {"price": {"amount": 9900, "currency": "EUR"}}
    shop.staff.patch(f"/products/{sku}", dearer).expect(200)
    assert regular.order(order["id"])["total"]["amount"] == 1000


def test_a_coupon_takes_its_share_off(shop: Shop, customer: Customer) -> None:
    order = customer.bought(shop.product(price=1999, stock=1), coupon="WELCOME10")
    assert order["coupon"] == "WELCOME10"
    assert order["discount"]["amount"] == 200
    assert order["total"]["amount"] == 1799
    assert customer.payment(order["payment_id"])["amount"] == order["total"]


def test_a_coupon_is_good_once_for_each_customer(shop: Shop, customer: Customer) -> None:
    sku = shop.product(stock=3)
    order = customer.bought(sku, coupon="WELCOME10")
    problem = customer.place(sku, coupon="WELCOME10").refused(409, "orders.coupon_used")
    assert problem["data"] == {"coupon": "WELCOME10", "per_customer": 1}
    customer.client.patch(f"/orders/{order['id']}/status", {"status": "cancelled"}).expect(200)
    customer.bought(sku, coupon="WELCOME10")


def test_a_customer_cannot_hold_stock_without_end(shop: Shop, customer: Customer) -> None:
    sku = shop.product(stock=30)
    for _ in range(20):
        customer.place(sku, method="sandbox:silent").expect(202)
    assert customer.place(sku, method="sandbox:silent").refused(409, "orders.too_many_pending")["data"] == {"limit": 20}
    customer.place(sku).refused(409, "orders.too_many_pending")
    assert shop.stock(sku) == (10, 20)


@pytest.mark.parametrize("coupon", ["NOSUCHCODE", "no such code", "", 10])
def test_a_coupon_that_does_not_exist_is_refused(shop: Shop, passer_by: Customer, coupon: object) -> None:
    sku = shop.product(stock=1)
    answer = passer_by.place(sku, coupon=coupon)
    assert answer.refused(answer.status) and answer.status in (404, 422), str(answer)
    assert shop.stock(sku) == (1, 0)


def test_more_than_in_stock_is_refused_and_nothing_is_held(shop: Shop, passer_by: Customer) -> None:
    plenty, scarce = shop.product(stock=9), shop.product(stock=2)
    answer = passer_by.client.post("/orders", order_of((plenty, 1), (scarce, 3)))
    problem = answer.refused(409, "inventory.out_of_stock")
    assert problem["data"] == {"sku": scarce, "requested": 3, "available": 2}
    assert (shop.stock(plenty), shop.stock(scarce)) == ((9, 0), (2, 0))


def test_an_unknown_product_is_refused_and_nothing_is_held(shop: Shop, passer_by: Customer) -> None:
    known, unknown = shop.product(stock=1), new_sku()
    answer = passer_by.client.post("/orders", order_of((known, 1), (unknown, 1)))
    assert answer.status in (404, 422), str(answer)
    assert answer.refused(answer.status, "catalog.unknown_product")["data"] == {"sku": unknown}
    assert shop.stock(known) == (1, 0)


def test_a_product_no_longer_for_sale_cannot_be_ordered(shop: Shop, passer_by: Customer) -> None:
    sku = shop.product(stock=1)
    shop.staff.patch(f"/products/{sku}", {"active": False}).expect(200)
    answer = passer_by.place(sku)
    assert answer.status in (404, 422), str(answer)
    assert shop.stock(sku) == (1, 0)


def test_a_declined_payment_refuses_the_order_and_gives_the_stock_back(shop: Shop, customer: Customer) -> None:
    sku = shop.product(stock=1)
    customer.place(sku, method=DECLINE).refused(402, "payments.payment_declined")
    shop.has_stock(sku, available=1, reserved=0)
    assert customer.client.get("/orders").expect(200)["results"] == []
    assert customer.points() == 0


def test_a_refused_customer_can_try_again(shop: Shop, regular: Customer) -> None:
    sku = shop.product(stock=1)
    regular.place(sku, method=DECLINE).refused(402)
    shop.has_stock(sku, available=1, reserved=0)
    assert regular.bought(sku)["status"] == "confirmed"


def test_an_unknown_provider_is_refused_and_nothing_is_held(shop: Shop, passer_by: Customer) -> None:
    sku = shop.product(stock=1)
    passer_by.place(sku, method="nobody:approve").refused(422, "payments.unknown_provider")
    shop.has_stock(sku, available=1, reserved=0)


def waiting(who: Customer, sku: str) -> Json:
    """An order by way of a provider that takes its time."""
    answer = who.place(sku, method=TIMEOUT)
    order: Json = answer.expect(202)
    assert order["status"] == "pending"
    assert who.client.page(answer.headers["Location"]).expect(200) == order
    return order


def test_an_order_waits_for_its_payment(shop: Shop, regular: Customer) -> None:
    sku = shop.product(stock=1)
    order = waiting(regular, sku)
    assert shop.stock(sku) == (0, 1)
    assert regular.payment(order["payment_id"])["status"] == "pending"


def test_a_late_yes_confirms_the_order(shop: Shop, customer: Customer) -> None:
    sku = shop.product(price=700, stock=1)
    order = waiting(customer, sku)
    assert customer.points() == 0

    assert shop.call_back(order["payment_id"], "authorised").status < 300

    customer.sees_order(order["id"], "confirmed")
    assert shop.stock(sku) == (0, 1)
    assert customer.payment(order["payment_id"])["status"] == "authorised"
    customer.sees_points(7)
    customer.hears("order_confirmed")


def test_a_late_no_refuses_the_order(shop: Shop, regular: Customer) -> None:
    sku = shop.product(stock=1)
    order = waiting(regular, sku)

    assert shop.call_back(order["payment_id"], "declined").status < 300

    regular.sees_order(order["id"], "refused")
    shop.has_stock(sku, available=1, reserved=0)
    assert regular.payment(order["payment_id"])["status"] == "declined"


def test_a_pending_order_can_be_cancelled(shop: Shop, regular: Customer) -> None:
    sku = shop.product(stock=1)
    order = waiting(regular, sku)
    regular.client.patch(f"/orders/{order['id']}/status", {"status": "cancelled"}).expect(200)
    regular.sees_payment(order["payment_id"], "voided")
    shop.has_stock(sku, available=1, reserved=0)
    assert regular.order(order["id"])["status"] == "cancelled"


def test_a_yes_that_comes_after_the_order_was_cancelled_takes_nothing(shop: Shop, regular: Customer) -> None:
    sku = shop.product(stock=1)
    order = waiting(regular, sku)
    regular.client.patch(f"/orders/{order['id']}/status", {"status": "cancelled"}).expect(200)
    shop.call_back(order["payment_id"], "authorised")
    regular.sees_payment(order["payment_id"], "voided")
    shop.has_stock(sku, available=1, reserved=0)
    assert regular.order(order["id"])["status"] == "cancelled"


def test_checkout_needs_a_login(shop: Shop, anonymous: Client) -> None:
    sku = shop.product(stock=1)
    anonymous.post("/orders", order_of((sku, 1))).refused(401)
    assert shop.stock(sku) == (1, 0)


@pytest.mark.parametrize(
    ("currency", "points", "text"), [("EUR", 44, "44.10 EUR"), ("JPY", 4410, "4410 JPY"), ("KWD", 4, "4.410 KWD")]
)
def test_an_amount_is_written_and_rewarded_as_its_currency_has_it(
    shop: Shop, customer: Customer, currency: str, points: int, text: str
) -> None:
    sku = shop.product(stock=1, price={"amount": 4410, "currency": currency})
    assert customer.bought(sku)["total"] == {"amount": 4410, "currency": currency}
    customer.sees_points(points)
    customer.hears("order_confirmed")
    (told,) = (
        each["text"]
        for each in customer.client.get("/notifications").expect(200)["results"]
        if each["kind"] == "order_confirmed"
    )
    assert f"over {text} is" in told
