"""A module moves to its service and home again while both run, and nobody who asks for it sees that."""

from collections.abc import Iterator

import pytest

from tests.moving.places import Places, places
from tests.processes import Yard
from tests.shop import APPROVE, order_of
from tests.topology.pairs import extract
from tests.waiting import eventually

MODULE = "orders"


@pytest.fixture(scope="module")
def made(the_yard: Yard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = extract(MODULE, tmp_path_factory.mktemp("moving") / "orders-service")
    with places(the_yard, MODULE, folder, WEB_WORKERS="2") as found:
        yield found


def test_there_and_back_with_what_is_in_flight(made: Places) -> None:
    monolith, service = made.monolith.start(), made.service
    shop = made.shop
    customer = shop.customer()
    sku = shop.product(price=1000, stock=20)
    customer.bought(sku)
    body = order_of((sku, 2), payment_method=APPROVE)
    first = customer.client.post("/orders", body, Idempotency_Key="moved").expect(201)

    plan = made.move("--to", str(service.root), "--dry-run")
    assert "which stays where it is" in plan and made.row() is None
    told = made.move("--to", str(service.root), status=1)
    assert "does not answer: start it, and the same command goes on" in told
    assert made.row() == (1, "seam", "prepared")
    customer.bought(sku)
    service.launch().until_ready()
    assert "has moved to orders-service" in made.go()
    assert made.row() == (2, "orders-service", "moved")
    assert service.health()["modules"][MODULE]["here"]

    customer.bought(sku)
    eventually(lambda: monolith.health()["modules"][MODULE]["here"], lambda here: not here)
    replayed = customer.client.post("/orders", body, Idempotency_Key="moved")
    assert replayed.expect(201)["id"] == first["id"]
    assert replayed.headers["Idempotency-Replayed"] == "true"
    customer.sees_points(50)
    assert "owned by orders-service" in made.move("--status")
    assert "bring it home with --back" in made.move("--abort", status=1)

    assert "is at home again" in made.back()
    assert made.row() == (3, "seam", "returned")
    customer.bought(sku)
    customer.sees_points(60)
    assert len(customer.client.get("/orders").expect(200)["results"]) == 5
    assert customer.told().count("order_confirmed") == 5
