"""A monolith of this version and services of the release before are one shop: on the wire, on tables, with data."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from seamline import __version__, versions
from tests.processes import REPOSITORY, Deployable, Yard, environment
from tests.shop import DECLINE, order_of
from tests.topology.pairs import Pair, calls_answered
from tests.versions.conftest import BEFORE

pytestmark = pytest.mark.xdist_group("versions")


def test_one_is_of_this_version_and_the_other_of_the_one_before(orders: Pair) -> None:
    told = {name: side.health()["versions"] for name, side in (("now", orders.monolith), ("then", orders.service))}
    assert told["now"] == {"runtime": __version__, "wire": versions.WIRE, "tables": versions.TABLES}
    assert (told["then"]["runtime"], told["then"]["wire"] in versions.READ_WIRES) == (BEFORE, True)
    assert told["then"]["tables"] < versions.TABLES


def test_an_order_goes_through_both_and_its_events_back(orders: Pair) -> None:
    shop = orders.shop
    sku, customer = shop.product(price=1000, stock=5), shop.customer()
    order = customer.bought(sku, quantity=2)
    assert order["status"] == "confirmed"
    shop.has_stock(sku, available=3, reserved=2)
    customer.sees_points(20)
    customer.hears("order_confirmed")
    assert calls_answered(orders.service) > 0
    assert calls_answered(orders.monolith) > 0


def test_an_error_of_a_contract_crosses_as_it_is(orders: Pair) -> None:
    shop = orders.shop
    sku, customer = shop.product(stock=1), shop.customer()
    customer.place(sku, method=DECLINE).refused(402, "payments.payment_declined")
    shop.has_stock(sku, available=1, reserved=0)
    problem = customer.client.post("/orders", order_of((sku, 2), payment_method="sandbox:approve"))
    problem.refused(409, "inventory.out_of_stock")


def test_a_repeat_is_answered_as_the_first_was(orders: Pair) -> None:
    shop = orders.shop
    sku, customer = shop.product(stock=5), shop.customer()
    body = order_of((sku, 1))
    first, again = (customer.client.post("/orders", body, Idempotency_Key="the-same-twice") for _ in range(2))
    assert first.expect(201) == again.expect(201)
    shop.has_stock(sku, available=4, reserved=1)


def test_a_process_of_then_works_on_tables_that_this_version_migrated(
    now: Deployable, services: Path, tmp_path: Path
) -> None:
    """Both at once, as while a deployable is replaced."""
    then = Deployable(services / "catalog-service", tmp_path / "then.log", **now.start().settings)
    try:
        then.start(MODULES="")
        for side in (now, then):
            assert side.client.page("/health/ready").expect(200) == {"status": "ready", "away": []}
            side.client.get("/products").expect(200)
        name = f"{now.settings['DATABASE_PREFIX']}_catalog"
        with psycopg.connect(now.settings["DATABASE_URL"], dbname=name) as tables:
            applied = {row[0] for row in tables.execute("SELECT name FROM django_migrations WHERE app = 'seamline'")}
        assert max(int(each[:4]) for each in applied) == versions.TABLES
    finally:
        then.stop()
        then.close()
        now.stop()


def migrated(deployable: Deployable) -> str:
    """Make the databases of a deployable, and give the address of that of catalog."""
    deployable.start()
    deployable.stop()
    server = deployable.settings["DATABASE_URL"]
    name = f"{deployable.settings['DATABASE_PREFIX']}_catalog"
    with psycopg.connect(server, autocommit=True) as connection:
        [[role]] = connection.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [name])
    assert role
    return re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", server, count=1) if "://" in server else f"{server} dbname={name}"


def copy(source: str, target: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "extraction",
        "data",
        "copy",
        "catalog",
        "--from",
        source,
        "--to",
        target,
        "--replace",
    ]
    path = os.pathsep.join(str(REPOSITORY / folder) for folder in ("", "src"))
    return subprocess.run(command, cwd=REPOSITORY, env=environment(PYTHONPATH=path), capture_output=True, text=True)


def test_data_goes_up_and_never_down(now: Deployable, the_yard: Yard, services: Path) -> None:
    new = migrated(now)
    with the_yard.deployable("catalog_then", services / "catalog-service") as then:
        old = migrated(then)
    with psycopg.connect(old) as connection:
        connection.execute("UPDATE seamline_job SET attempts = 41 WHERE name = 'seamline.prune'")
    down = copy(new, old)
    assert down.returncode == 1
    assert "the target's runtime is older than the source's, and lacks the migration seamline.0002_job_runs" in (
        " ".join((down.stdout + down.stderr).split())
    )
    up = copy(old, new)
    assert up.returncode == 0, up.stdout + up.stderr
    with psycopg.connect(new) as connection:
        [row] = connection.execute("SELECT attempts, error FROM seamline_job WHERE name = 'seamline.prune'")
    assert row == (41, None)
