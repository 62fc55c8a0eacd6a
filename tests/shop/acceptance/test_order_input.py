"""Bad orders: each is refused with a clear error, and changes nothing."""

from typing import Any

import pytest

from tests.client import Client
from tests.shop import Customer, Shop, new_sku, order_of


@pytest.fixture(scope="module")
def sku(shop: Shop) -> str:
    """A product with ten in stock. No test here may change that."""
    return shop.product(stock=10)


@pytest.fixture(autouse=True)
def nothing_is_held(shop: Shop, sku: str) -> Any:
    yield
    assert shop.stock(sku) == (10, 0)


@pytest.mark.parametrize("quantity", [0, -1, 10_001, 2**70, "2", 1.5, None, True, [1]], ids=repr)
def test_a_quantity_is_a_whole_number_from_1_to_10000(passer_by: Customer, sku: str, quantity: Any) -> None:
    problem = passer_by.client.post("/orders", order_of((sku, quantity))).refused(422, "request.invalid")
    assert [error["path"] for error in problem["errors"]] == ["$.lines[0].quantity"]
    assert problem["errors"][0]["message"]


def test_the_line_at_fault_is_named(passer_by: Customer, sku: str) -> None:
    order = order_of((sku, 1), (new_sku(), 0))
    problem = passer_by.client.post("/orders", order).refused(422)
    assert problem["errors"][0]["path"] == "$.lines[1].quantity"


@pytest.mark.parametrize(
    "wrong", ["", "lower", "-DASH", "A" * 41, "SPA CE", "TAB\tTAB", "NEWLINE\n", 7, None], ids=repr
)
def test_a_sku_has_its_form(passer_by: Customer, wrong: Any) -> None:
    problem = passer_by.client.post("/orders", order_of((wrong, 1))).refused(422)
    assert problem["errors"][0]["path"] == "$.lines[0].sku"


def test_an_order_has_lines(passer_by: Customer) -> None:
    passer_by.client.post("/orders", order_of()).refused(422)


def test_an_order_has_at_most_50_lines(passer_by: Customer) -> None:
    order = order_of(*((new_sku(), 1) for _ in range(51)))
    passer_by.client.post("/orders", order).refused(422)


def test_a_product_stands_in_one_line(passer_by: Customer, sku: str) -> None:
    passer_by.client.post("/orders", order_of((sku, 1), (sku, 2))).refused(422)


@pytest.mark.parametrize("method", ["", "sandbox", ":approve", "sandbox:", "SANDBOX:approve", 1, None], ids=repr)
def test_a_payment_method_is_a_provider_and_its_token(passer_by: Customer, sku: str, method: Any) -> None:
    problem = passer_by.client.post("/orders", order_of((sku, 1), payment_method=method)).refused(422)
    assert problem["errors"][0]["path"] == "$.payment_method"


@pytest.mark.parametrize("missing", ["lines", "payment_method"])
def test_what_is_missing_is_named(passer_by: Customer, sku: str, missing: str) -> None:
    order = order_of((sku, 1))
    del order[missing]
    problem = passer_by.client.post("/orders", order).refused(422)
    assert missing in problem["errors"][0]["message"]


@pytest.mark.parametrize("body", [b"[]", b"null", b'"order"', b"7", b"{}"])
def test_an_order_is_an_object(passer_by: Customer, body: bytes) -> None:
    answer = passer_by.client.send("POST", "/orders", body, {"Content-Type": "application/json"})
    answer.refused(422, "request.invalid")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b"{'lines': []}",
        b'{"lines": [}',
        b'{"lines": "none", "coupon": "WEL',
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"deep":' + b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_malformed_json_is_a_bad_request(passer_by: Customer, body: bytes) -> None:
    answer = passer_by.client.send("POST", "/orders", body, {"Content-Type": "application/json"})
    answer.refused(400, "request.invalid")


def test_another_media_type_is_refused(passer_by: Customer) -> None:
    form = b"lines=1&payment_method=sandbox:approve"
    answer = passer_by.client.send("POST", "/orders", form, {"Content-Type": "application/x-www-form-urlencoded"})
    answer.refused(415)


def test_a_media_type_has_no_case(passer_by: Customer) -> None:
    answer = passer_by.client.send("POST", "/orders", b"not json", {"Content-Type": "Application/JSON"})
    answer.refused(400)


def test_a_huge_body_is_refused(passer_by: Customer, sku: str) -> None:
    order = order_of((sku, 1), padding="x" * (3 * 1024 * 1024))
    passer_by.client.afresh().post("/orders", order).refused(413)


def test_a_method_that_is_not_there_is_refused(passer_by: Customer) -> None:
    answer = passer_by.client.send("DELETE", "/orders")
    answer.refused(405)


@pytest.mark.parametrize("path", ["/orders", "/products", "/users/me"])
def test_options_are_not_there_whoever_asks(anonymous: Client, passer_by: Customer, path: str) -> None:
    for client in (anonymous, passer_by.client):
        answer = client.send("OPTIONS", path)
        answer.refused(405)
        assert "GET" in answer.headers["Allow"]


def test_who_asks_is_checked_before_what_is_asked(anonymous: Client) -> None:
    answer = anonymous.send("POST", "/orders", b"not json", {"Content-Type": "application/json"})
    answer.refused(401)


@pytest.mark.parametrize("page", ["/api/v1/products/%00", "/api/v1/products?search=%00", "/api/v1/stock/A%00B"])
def test_a_nul_in_an_address_is_refused(anonymous: Client, page: str) -> None:
    anonymous.page(page).refused(400, "request.invalid")


def test_a_nul_in_a_text_is_refused(passer_by: Customer) -> None:
    passer_by.client.patch("/users/me", {"nickname": "A\0da"}).refused(422, "request.invalid")
    passer_by.client.patch("/users/me", {"nickname": "A\\u0000da"}).expect(200)
