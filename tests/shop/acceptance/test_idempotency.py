"""`Idempotency-Key`: a request that comes again has its effect once, and its answer again."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.shop import DECLINE, Customer, Shop, idempotency_key, order_of


def test_the_same_order_again_is_the_same_order(shop: Shop, customer: Customer) -> None:
    sku, key = shop.product(stock=5), idempotency_key()
    first = customer.client.post("/orders", order_of((sku, 2)), Idempotency_Key=key)
    again = customer.client.post("/orders", order_of((sku, 2)), Idempotency_Key=key)

    assert again.expect(201) == first.expect(201)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert shop.stock(sku) == (3, 2)
    assert len(customer.client.get("/orders").expect(200)["results"]) == 1


def test_another_order_under_the_same_key_is_refused(shop: Shop, regular: Customer) -> None:
    sku, key = shop.product(stock=5), idempotency_key()
    regular.client.post("/orders", order_of((sku, 1)), Idempotency_Key=key).expect(201)
    other = regular.client.post("/orders", order_of((sku, 2)), Idempotency_Key=key)
    other.refused(422, "request.key_reused")
    assert shop.stock(sku) == (4, 1)


def test_without_a_key_each_order_is_another(shop: Shop, regular: Customer) -> None:
    sku = shop.product(stock=5)
    assert regular.bought(sku)["id"] != regular.bought(sku)["id"]


def test_a_key_is_its_owners_alone(shop: Shop, regular: Customer) -> None:
    sku, key = shop.product(stock=5), idempotency_key()
    ids = {
        who.client.post("/orders", order_of((sku, 1)), Idempotency_Key=key).expect(201)["id"]
        for who in (regular, shop.customer())
    }
    assert len(ids) == 2


def test_a_refusal_is_replayed_too(shop: Shop, regular: Customer) -> None:
    order, key = order_of((shop.product(stock=1), 1), payment_method=DECLINE), idempotency_key()
    first = regular.client.post("/orders", order, Idempotency_Key=key)
    again = regular.client.post("/orders", order, Idempotency_Key=key)
    assert again.refused(402) == first.refused(402)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_of_the_same_order_many_times_at_once_there_is_one(shop: Shop, regular: Customer) -> None:
    sku, key = shop.product(stock=9), idempotency_key()

    def place(_: int) -> tuple[int, str | None]:
        answer = regular.client.post("/orders", order_of((sku, 1)), Idempotency_Key=key)
        return answer.status, answer.json.get("id")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(place, range(8)))

    assert {status for status, _ in answers} <= {201, 409}, answers
    assert len({order_id for status, order_id in answers if status == 201}) == 1, answers
    assert shop.stock(sku) == (8, 1)


@pytest.mark.parametrize("key", ["x" * 101, "with space", "\xe9"], ids=repr)
def test_a_key_that_does_not_fit_is_refused(shop: Shop, passer_by: Customer, key: str) -> None:
    sku = shop.product(stock=1)
    passer_by.client.post("/orders", order_of((sku, 1)), Idempotency_Key=key).refused(422)
    assert shop.stock(sku) == (1, 0)
