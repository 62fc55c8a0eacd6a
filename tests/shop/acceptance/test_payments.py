"""Payments: seen by their owner, given back by staff, settled by their provider."""

import json
from uuid import uuid4

import pytest

from tests.client import Answer, Client
from tests.shop import TIMEOUT, Customer, Json, Shop, idempotency_key, signed


@pytest.fixture
def captured(shop: Shop, regular: Customer) -> Json:
    """A payment of 10.00 EUR for an order that was shipped."""
    order = regular.bought(shop.product(price=1000, stock=1))
    shop.move(order["id"], "shipped")
    return regular.sees_payment(order["payment_id"], "captured")


@pytest.fixture
def waiting(shop: Shop, regular: Customer) -> Json:
    """A payment whose provider has not answered."""
    order = regular.place(shop.product(stock=1), method=TIMEOUT).expect(202)
    return regular.payment(regular.order(order["id"])["payment_id"])


def refund(client: Client, payment: Json, amount: object = None, **headers: str) -> Answer:
    body = {} if amount is None else {"amount": amount}
    return client.post(f"/payments/{payment['id']}/refunds", body, **headers)


def euros(cents: int) -> Json:
    return {"amount": cents, "currency": "EUR"}


def test_a_payment_is_its_owners_affair(shop: Shop, regular: Customer, passer_by: Customer) -> None:
    order = regular.bought(shop.product(stock=1))
    assert regular.payment(order["payment_id"])["order_id"] == order["id"]
    for payment_id in (order["payment_id"], str(uuid4())):
        passer_by.client.get(f"/payments/{payment_id}").refused(404)


def test_staff_give_a_captured_payment_back(shop: Shop, regular: Customer, captured: Json) -> None:
    refund(shop.staff, captured).expect(201)
    payment = regular.sees_payment(captured["id"], "refunded")
    assert payment["refunded"] == payment["amount"]


def test_staff_give_a_part_back_and_then_the_rest(shop: Shop, regular: Customer, captured: Json) -> None:
    refund(shop.staff, captured, 300).expect(201)
    payment = regular.payment(captured["id"])
    assert (payment["status"], payment["refunded"]) == ("captured", euros(300))

    refund(shop.staff, captured, 700).expect(201)
    payment = regular.payment(captured["id"])
    assert (payment["status"], payment["refunded"]) == ("refunded", euros(1000))


def test_no_more_is_given_back_than_was_taken(shop: Shop, regular: Customer, captured: Json) -> None:
    refund(shop.staff, captured, 1001).refused(409)
    refund(shop.staff, captured, 600).expect(201)
    refund(shop.staff, captured, 401).refused(409)
    assert regular.payment(captured["id"])["refunded"] == euros(600)


def test_a_refund_that_comes_twice_counts_once(shop: Shop, regular: Customer, captured: Json) -> None:
    key = idempotency_key()
    for _ in range(2):
        refund(shop.staff, captured, 300, Idempotency_Key=key).expect(201)
    assert regular.payment(captured["id"])["refunded"] == euros(300)


@pytest.mark.parametrize("amount", [0, -1, "300", 1.5], ids=repr)
def test_a_refund_that_does_not_fit_gives_nothing(
    shop: Shop, regular: Customer, captured: Json, amount: object
) -> None:
    refund(shop.staff, captured, amount).refused(422)
    assert regular.payment(captured["id"])["refunded"] == euros(0)


def test_what_was_not_taken_cannot_be_given_back(shop: Shop, regular: Customer) -> None:
    order = regular.bought(shop.product(stock=1))
    refund(shop.staff, {"id": order["payment_id"]}).refused(409)
    assert regular.payment(order["payment_id"])["status"] == "authorised"


def test_only_staff_give_refunds(anonymous: Client, regular: Customer, captured: Json) -> None:
    refund(anonymous, captured).refused(401)
    refund(regular.client, captured).refused(403)
    assert regular.payment(captured["id"])["refunded"] == euros(0)


def test_a_callback_with_a_wrong_signature_changes_nothing(shop: Shop, regular: Customer, waiting: Json) -> None:
    shop.call_back(waiting["id"], "authorised", secret="guessed").refused(401)
    assert regular.payment(waiting["id"])["status"] == "pending"


@pytest.mark.parametrize("signature", [None, "", "t=1", "t=,v1=zz", f"t=1,v1={'0' * 64}", "é"], ids=repr)
def test_a_callback_without_a_proper_signature_is_refused(
    anonymous: Client, waiting: Json, signature: str | None
) -> None:
    body = json.dumps({"id": uuid4().hex, "payment_id": waiting["id"], "outcome": "authorised"}).encode()
    headers = {"Content-Type": "application/json"} | ({"X-Signature": signature} if signature is not None else {})
    anonymous.send("POST", "/payments/callbacks/sandbox", body, headers).refused(401)


def test_a_callback_may_come_twice(shop: Shop, regular: Customer, waiting: Json) -> None:
    for _ in range(2):
        assert shop.call_back(waiting["id"], "authorised").status < 300
    assert regular.payment(waiting["id"])["status"] == "authorised"


def test_a_callback_is_good_for_five_minutes_and_once(shop: Shop, regular: Customer, waiting: Json) -> None:
    shop.call_back(waiting["id"], "authorised", age=310).refused(401)
    assert regular.payment(waiting["id"])["status"] == "pending"
    body = json.dumps({"id": uuid4().hex, "payment_id": waiting["id"], "outcome": "authorised"}).encode()
    headers = signed(body)
    shop.anonymous.send("POST", "/payments/callbacks/sandbox", body, headers).expect(200)
    replayed = shop.anonymous.send("POST", "/payments/callbacks/sandbox", body, headers).refused(409)
    assert replayed["code"] == "payments.callback_replayed"


def test_the_first_outcome_stands(shop: Shop, regular: Customer, waiting: Json) -> None:
    assert shop.call_back(waiting["id"], "authorised").status < 300
    shop.call_back(waiting["id"], "declined")
    assert regular.payment(waiting["id"])["status"] == "authorised"


def test_an_outcome_is_one_of_the_known_words(shop: Shop, regular: Customer, waiting: Json) -> None:
    shop.call_back(waiting["id"], "perhaps").refused(422)
    assert regular.payment(waiting["id"])["status"] == "pending"


def test_nobody_but_the_provider_calls_back(shop: Shop, regular: Customer, waiting: Json) -> None:
    answer = shop.call_back(waiting["id"], "authorised", provider="nobody")
    assert answer.refused(answer.status) and answer.status in (401, 404, 422), str(answer)
    assert regular.payment(waiting["id"])["status"] == "pending"
