"""The catalog: anybody looks, staff add and change."""

from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client
from tests.shop import Customer, Shop, new_product, new_sku


def test_there_are_products_to_try_things_out_with(anonymous: Client) -> None:
    page = anonymous.get("/products").expect(200)
    assert page["results"]
    assert all(product["price"]["amount"] > 0 for product in page["results"])


def test_a_product_that_staff_add_is_for_sale(staff: Client, anonymous: Client) -> None:
    wanted = new_product(price=1999)
    answer = staff.post("/products", wanted)
    assert answer.expect(201).items() >= wanted.items()
    assert anonymous.page(answer.headers["Location"]).expect(200) == answer.json
    assert anonymous.get(f"/products/{wanted['sku']}").expect(200) == answer.json


def test_a_new_product_has_stock_to_count_in(shop: Shop) -> None:
    assert shop.stock(shop.product()) == (0, 0)


def test_only_staff_add_products(anonymous: Client, passer_by: Customer) -> None:
    wanted = new_product()
    anonymous.post("/products", wanted).refused(401)
    passer_by.client.post("/products", wanted).refused(403)
    anonymous.get(f"/products/{wanted['sku']}").refused(404)


def test_a_sku_is_taken_once(staff: Client) -> None:
    wanted = new_product()
    staff.post("/products", wanted).expect(201)
    staff.post("/products", {**wanted, "name": "Another"}).refused(409)
    assert staff.get(f"/products/{wanted['sku']}").expect(200)["name"] == wanted["name"]


def test_staff_change_a_product(staff: Client, anonymous: Client) -> None:
    wanted = new_product(price=1000)
    staff.post("/products", wanted).expect(201)
    price = {"amount": 1250, "currency": "EUR"}
    staff.patch(f"/products/{wanted['sku']}", {"price": price}).expect(200)
    changed = anonymous.get(f"/products/{wanted['sku']}").expect(200)
    assert changed.items() >= {**wanted, "price": price}.items()


def test_only_staff_change_products(anonymous: Client, staff: Client, passer_by: Customer) -> None:
    wanted = new_product()
    staff.post("/products", wanted).expect(201)
    for client, status in ((anonymous, 401), (passer_by.client, 403)):
        client.patch(f"/products/{wanted['sku']}", {"name": "Mine"}).refused(status)
    assert anonymous.get(f"/products/{wanted['sku']}").expect(200)["name"] == wanted["name"]


def test_an_unknown_product_is_not_found(anonymous: Client, staff: Client) -> None:
    anonymous.get(f"/products/{new_sku()}").refused(404, "catalog.unknown_product")
    staff.patch(f"/products/{new_sku()}", {"name": "Nothing"}).refused(404, "catalog.unknown_product")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"sku": "lower case"}, "$.sku"),
        ({"name": ""}, "$.name"),
        ({"price": {"amount": "10", "currency": "EUR"}}, "$.price.amount"),
        ({"price": {"amount": 10, "currency": "euro"}}, "$.price.currency"),
        ({"price": {"amount": 10, "currency": "ABC"}}, "$.price"),
        ({"price": {"amount": 10, "currency": "XXX"}}, "$.price"),
        ({"price": {"amount": 0, "currency": "XXX"}}, "$.price"),
        ({"price": {"amount": 10.5, "currency": "EUR"}}, "$.price.amount"),
        ({"price": 10}, "$.price"),
    ],
    ids=str,
)
def test_a_product_that_does_not_fit_is_refused_with_the_field(
    staff: Client, changes: dict[str, Any], path: str
) -> None:
    problem = staff.post("/products", {**new_product(), **changes}).refused(422)
    assert [error["path"] for error in problem["errors"]] == [path]


@pytest.mark.parametrize("amount", [-1, 2**60])
def test_a_price_that_nobody_could_pay_is_refused(staff: Client, amount: int) -> None:
    staff.post("/products", new_product(price=amount)).refused(422)


def test_products_are_found_by_their_name_a_page_at_a_time(shop: Shop, anonymous: Client) -> None:
    word = uuid4().hex
    wanted = {shop.product(name=f"Mug {word} {number}") for number in range(5)}
    shop.product(name="Something else")

    found, pages = [], 0
    url = f"/products?search={word}&limit=2"
    while url:
        page = anonymous.get(url).expect(200)
        found += [product["sku"] for product in page["results"]]
        pages, url = pages + 1, page["next"]

    assert (sorted(found), pages) == (sorted(wanted), 3)


def test_a_page_leads_back_to_the_one_before(anonymous: Client, shop: Shop) -> None:
    word = uuid4().hex
    for number in range(3):
        shop.product(name=f"Mug {word} {number}")
    first = anonymous.get(f"/products?search={word}&limit=2").expect(200)
    second = anonymous.get(first["next"]).expect(200)
    assert first["previous"] is None and second["next"] is None
    assert anonymous.get(second["previous"]).expect(200)["results"] == first["results"]


def test_the_way_on_leads_back_here(anonymous: Client) -> None:
    page = anonymous.get("/products?limit=1").expect(200)
    assert page["next"].startswith(anonymous.base_url + "/api/v1/products?")


@pytest.mark.parametrize("looked_for", ["{word}", "{part}", "teapo+{word}", "{word}+IRON", "{word}%2Fcast", "{sku}"])
def test_a_product_is_found_by_words_and_their_beginnings(shop: Shop, anonymous: Client, looked_for: str) -> None:
    word = uuid4().hex
    sku = shop.product(name=f"Teapot, cast-iron {word}")
    shop.product(name=f"Mug x{word}")
    asked = looked_for.format(word=word, part=word[:12], sku=sku.lower())
    found = anonymous.get(f"/products?search={asked}").expect(200)["results"]
    assert [product["sku"] for product in found] == [sku]


@pytest.mark.parametrize(
    "looked_for", ["---", "%25", "'", "%5C", "%26%7C%21%3A%2A", "x" * 3000, "a+" * 1000, "€", "%F0%9F%AB%96"]
)
def test_whatever_is_looked_for_is_answered(anonymous: Client, looked_for: str) -> None:
    anonymous.get(f"/products?search={looked_for}").expect(200)


def test_a_search_that_finds_nothing_is_an_empty_page(anonymous: Client) -> None:
    page = anonymous.get(f"/products?search={uuid4().hex}").expect(200)
    assert page == {"results": [], "next": None, "previous": None}


def test_a_made_up_cursor_is_refused(anonymous: Client) -> None:
    problem = anonymous.get("/products?cursor=made-up").refused(422, "request.invalid")
    assert [error["path"] for error in problem["errors"]] == ["cursor"]


@pytest.mark.parametrize("limit", ["abc", "", "0", "-1", "101", "1.5", "9" * 400])
def test_a_limit_that_is_none_is_refused(anonymous: Client, limit: str) -> None:
    problem = anonymous.get(f"/products?limit={limit}").refused(422, "request.invalid")
    assert [error["path"] for error in problem["errors"]] == ["limit"]


def test_json_is_all_there_is_whatever_is_asked_for(anonymous: Client) -> None:
    answer = anonymous.get("/products", Accept="text/html")
    assert answer.expect(200)["results"]
    assert answer.headers["Content-Type"] == "application/json"
