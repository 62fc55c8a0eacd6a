"""A module moves with its data, as the documentation has it: what was in flight goes on with the new owner, once."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.extraction.databases import execute
from tests.processes import Deployable, Yard, environment
from tests.shop import APPROVE, order_of
from tests.topology.pairs import Pair, extract, pair
from tests.waiting import eventually

MODULE = "orders"
HOLD = "UPDATE seamline_subscription SET backoff_until = now() + interval '1 hour'"
"""Nobody is delivered to for now."""
GO_ON = "UPDATE seamline_subscription SET backoff_until = now()"
WAITING = "SELECT count(*) FROM seamline_outbox WHERE subscriber = 'users' AND state = 'pending'"
DELIVERED = "SELECT count(*), max(failures) FROM seamline_outbox WHERE subscriber = 'users' AND state = 'done'"


@pytest.fixture(scope="module")
def orders(the_yard: Yard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with pair(the_yard, MODULE, extract(MODULE, tmp_path_factory.mktemp("moved") / "orders-service")) as made:
        yield made


def database(deployable: Deployable, module: str = MODULE) -> str:
    """A module's database of a deployable."""
    url, prefix = deployable.settings["DATABASE_URL"], deployable.settings["DATABASE_PREFIX"]
    return url.replace("/postgres?", f"/{prefix}_{module}?")


def data(command: str, source: Deployable, *arguments: str, module: str = MODULE) -> str:
    """`python -m extraction data …`, where the source is found by its settings."""
    return python(source, "-m", "extraction", "data", command, module, *arguments, PYTHONPATH=".:src")


def python(deployable: Deployable, *command: str, **more: str) -> str:
    """What a command says in a deployable's folder, with its settings."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=deployable.root,
        env=environment(**deployable.settings, **more),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_in_flight_is_neither_lost_nor_doubled(orders: Pair) -> None:
    monolith, service = orders.monolith.start(), orders.service
    shop = orders.shop
    customer = shop.customer()
    sku = shop.product(price=1000, stock=5)
    before = customer.bought(sku)
    customer.sees_points(10)
    execute(database(monolith), HOLD)
    body = order_of((sku, 2), payment_method=APPROVE)
    answer = customer.client.post("/orders", body, Idempotency_Key="moved")
    waiting = answer.expect(201)
    assert execute(database(monolith), WAITING) == [(1,)]
    assert customer.points() == 10

    monolith.stop()
    execute(database(monolith), GO_ON)
    python(service, "manage.py", "migrate_all")
    data("copy", monolith, "--to", database(service))
    data("verify", monolith, "--to", database(service))
    orders.up()

    customer.sees_points(30)
    assert {order["id"] for order in customer.client.get("/orders").expect(200)["results"]} == {
        before["id"],
        waiting["id"],
    }
    replayed = customer.client.post("/orders", body, Idempotency_Key="moved")
    assert replayed.expect(201)["id"] == waiting["id"]
    assert replayed.headers["Idempotency-Replayed"] == "true"
    customer.bought(sku)
    customer.sees_points(40)
    shop.has_stock(sku, available=1, reserved=4)
    eventually(lambda: execute(database(service), WAITING), lambda rows: rows == [(0,)])
    eventually(lambda: execute(database(monolith), WAITING), lambda rows: rows == [(0,)])
    assert customer.told().count("order_confirmed") == 3
    assert customer.points() == 40
