"""A module moves to another server and home again while both run, and nobody who asks for it sees that."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.moving import load
from tests.moving.places import Places, places
from tests.processes import Yard, yard
from tests.shop import APPROVE, order_of
from tests.topology.pairs import extract
from tests.waiting import eventually

MODULE, TABLE = "orders", "orders_order"
UNSEEN = """
    SELECT CASE WHEN NOT EXISTS (SELECT FROM pg_replication_origin WHERE roname = 'unseen')
        THEN pg_replication_origin_create('unseen') END;
    SELECT pg_replication_origin_session_setup('unseen')
"""
"""What is written after it is not streamed on."""
LEAVINGS = """
    SELECT (SELECT count(*) FROM pg_replication_slots) + (SELECT count(*) FROM pg_subscription)
        + (SELECT count(*) FROM pg_publication) + (SELECT count(*) FROM pg_roles WHERE rolname LIKE 'seam_move%')
"""


@pytest.fixture(scope="module")
def made(the_yard: Yard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    place = tmp_path_factory.mktemp("apart")
    folder = extract(MODULE, place / "orders-service")
    with yard(place) as other, places(the_yard, MODULE, folder, other, WEB_WORKERS="2") as found:
        yield found


def at_home(made: Places) -> int:
    """Have both run, the other server follow, and the module at home; return the epoch."""
    if not made.monolith.process:
        made.monolith.start()
        made.watch()
        made.move("--to", str(made.service.root), status=1)
        made.service.launch().until_ready()
    row = made.row()
    assert row
    if row[1] == "seam":
        return row[0]
    made.back()
    return row[0] + 1


def test_there_and_back_with_what_is_in_flight(made: Places) -> None:
    monolith, service = made.monolith.start(), made.service
    shop = made.shop
    customer = shop.customer()
    sku = shop.product(price=1000, stock=20)
    customer.bought(sku)
    body = order_of((sku, 2), payment_method=APPROVE)
    first = customer.client.post("/orders", body, Idempotency_Key="moved").expect(201)

    plan = made.move("--to", str(service.root), "--dry-run")
    assert f"afterwards: {made.monolith.settings['DATABASE_PREFIX']}_orders writes now" in plan and made.databases == 1
    made.watch()
    told = made.move("--to", str(service.root), status=1)
    assert "does not answer: start it, and the same command goes on" in told
    assert made.row() == (1, "seam", "following")
    customer.bought(sku)
    service.launch().until_ready()
    with load.customers(shop, 2) as outcome:
        assert "has moved to orders-service" in made.go()
        assert made.row() == (2, "orders-service", "moved away")
        assert service.health()["modules"][MODULE]["here"]

        customer.bought(sku)
        eventually(lambda: monolith.health()["modules"][MODULE]["here"], lambda here: not here)
        replayed = customer.client.post("/orders", body, Idempotency_Key="moved")
        assert replayed.expect(201)["id"] == first["id"]
        assert replayed.headers["Idempotency-Replayed"] == "true"
        customer.sees_points(50)

        assert "is at home again" in made.back()
        assert made.row() == (3, "seam", "back")
        assert " MB for the other" in made.move("--status")
        customer.bought(sku)
        customer.sees_points(60)
    assert len(customer.client.get("/orders").expect(200)["results"]) == 5
    eventually(customer.told, lambda told: told.count("order_confirmed") == 5)
    failed = [each for each in outcome.failed if "call.deadline_exceeded" not in each]
    assert (failed, outcome.lost, outcome.doubled) == ([], set(), set()), str(outcome)
    assert outcome.orders and not made.strangers()


@pytest.mark.nightly
def test_a_row_that_differs_there_stops_it_before_the_fence_and_what_is_copied_anew_does_not(made: Places) -> None:
    epoch = at_home(made)
    customer = made.shop.customer()
    customer.bought(made.shop.product(price=1000, stock=20))
    with psycopg.connect(made.urls[1], autocommit=True) as admin:
        for statement in UNSEEN.split(";"):
            admin.execute(statement)
        spoil = "UPDATE orders_order SET payment_method = 'broken' WHERE id = (SELECT id FROM orders_order LIMIT 1)"
        eventually(lambda: admin.execute(spoil).rowcount, lambda rows: rows == 1)
    told = made.move("--to", str(made.service.root), status=1)
    assert "orders_order:" in told and "is different" in told and "Nothing was changed; --abort empties" in told
    row = made.row()
    assert row and row[:2] == (epoch, "seam") and made.writers(TABLE) == 1

    assert "stays here" in made.move("--abort", "--to", str(made.service.root))
    assert not leavings(made)
    customer.bought(made.shop.product(price=1000, stock=20))
    made.go()
    assert made.row() == (epoch + 3, "orders-service", "moved away")
    made.back()
    assert not made.strangers()


@pytest.mark.nightly
def test_killed_at_every_step_it_goes_on_and_never_do_two_write(made: Places) -> None:
    epoch = at_home(made)
    assert "stays here" in made.move("--abort", "--to", str(made.service.root))
    with load.customers(made.shop, 2, insists=True) as outcome:
        steps = made.killed_at_each_step(TABLE, "--to", str(made.service.root), without="opening")
        assert {"migrating", "giving", "copying", "the", "opening", "telling"} <= {step.split()[0] for step in steps}
        assert made.row() == (epoch + 3, "orders-service", "moved away")
        assert "owned by orders-service" in made.move("--status")
        made.killed_at_each_step(TABLE, "--back", "--to", str(made.service.root), without="opening")
        assert made.row() == (epoch + 4, "seam", "back")
    assert (outcome.lost, outcome.doubled, made.strangers()) == (set(), set(), 0), str(outcome)


@pytest.mark.nightly
def test_for_good_the_streams_end_and_the_old_rows_are_written_to_no_more(made: Places) -> None:
    epoch = at_home(made)
    made.go()
    assert "name the service's folder with --to" in made.move("--finish", status=1)
    assert f"ORDERS_URL={made.service.url}" in made.move("--finish", "--to", str(made.service.root))
    assert made.row() == (epoch + 2, "orders-service", "") and made.writers(TABLE) == 1
    assert not leavings(made)
    shop = made.shop
    customer = shop.customer()
    customer.bought(shop.product(price=1000, stock=20))
    customer.sees_points(10)
    made.monolith.stop()
    made.monolith.start()
    assert len(customer.client.get("/orders").expect(200)["results"]) == 1
    made.monolith.stop()
    made.service.stop()


def leavings(made: Places) -> int:
    """Count what a move makes for itself in the databases."""
    found = 0
    for url in made.urls:
        with psycopg.connect(url) as connection:
            [[number]] = connection.execute(LEAVINGS).fetchall()
            found += number
    return found
