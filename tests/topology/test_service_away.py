"""A service is killed: its endpoints say so at once, the others go on, and nothing that happened is lost."""

import re
from collections.abc import Iterator, Mapping

from tests.client import API, Client
from tests.shop import Customer, Json
from tests.topology.pairs import Pair, modules
from tests.waiting import eventually, unhurried

AT_ONCE = 3.0
"""Unhurried seconds in which somebody who asks for what is away has to be told so."""
NOBODY = "00000000-0000-4000-8000-000000000000"


def test_a_killed_service_is_missed_and_catches_up(pair: Pair) -> None:
    shop = pair.shop
    customer = shop.customer()
    sku = shop.product(price=1000, stock=3)
    order = customer.bought(sku, 2)
    customer.sees_points(20)
    customer.hears("order_confirmed")
    addresses = list(reading_addresses(pair.monolith.client, customer, order, sku))
    for _, address in addresses:
        customer.client.get(address).expect(200)

    pair.service.kill()

    for module, address in addresses:
        started = unhurried()
        answer = customer.client.get(address)
        if module == pair.module:
            # Rejected, where others have tried in vain meanwhile.
            assert answer.refused(503)["code"] in ("call.unavailable", "call.rejected")
        else:
            answer.expect(200)
        assert unhurried() - started < AT_ONCE, str(answer)

    cancellation = customer.client.patch(f"/orders/{order['id']}/status", {"status": "cancelled"})
    pair.up()
    if cancellation.status == 503:
        cancellation = eventually(
            lambda: customer.client.patch(f"/orders/{order['id']}/status", {"status": "cancelled"}),
            lambda answer: answer.status != 503,
        )
    assert cancellation.expect(200)["status"] == "cancelled"

    eventually(lambda: standing(pair, customer, order, sku), lambda seen: seen == CANCELLED)
    eventually(lambda: customer.order(order["id"])["nickname"], lambda name: name == customer.nickname)


CANCELLED = {"stock": (3, 0), "payment": "voided", "points": 0, "told": 1}


def standing(pair: Pair, customer: Customer, order: Json, sku: str) -> Json:
    """What all the modules say of one order."""
    return {
        "stock": pair.shop.stock(sku),
        "payment": customer.payment(order["payment_id"])["status"],
        "points": customer.points(),
        "told": customer.told().count("order_cancelled"),
    }


def test_a_name_is_left_out_while_nobody_knows_it(pair: Pair) -> None:
    customer = pair.shop.customer()
    order = customer.bought(pair.shop.product(stock=1))

    pair.service.kill()

    profile, shown = customer.client.get("/users/me"), customer.client.get(f"/orders/{order['id']}")
    if shown.status == 200:
        assert shown.json["nickname"] == (None if profile.status == 503 else customer.nickname)


def reading_addresses(client: Client, customer: Customer, order: Json, sku: str) -> Iterator[tuple[str, str]]:
    """Every GET endpoint of a module, as the API's documentation has it, filled in: the module, and the address."""
    known = {"sku": sku, "user_id": customer.id, "order_id": order["id"], "payment_id": order["payment_id"]}
    paths: Mapping[str, Json] = client.page("/api/schema?format=json").expect(200)["paths"]
    for path, item in paths.items():
        if path.startswith(API) and "get" in item and item["get"]["tags"][0] in modules():
            address = re.sub(r"\{(\w+)\}", lambda match: known.get(match[1], NOBODY), path)
            yield item["get"]["tags"][0], address.removeprefix(API)
