"""A module moves to its service and home again while both run, and nobody who asks for it sees that."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.moving import load
from tests.moving.places import Places, places
from tests.processes import REPOSITORY, Yard
from tests.shop import APPROVE, order_of
from tests.topology.pairs import extract
from tests.waiting import eventually

MODULE, TABLE = "orders", "orders_order"
LAST = max(path.stem for path in (REPOSITORY / "src/seamline/migrations").glob("[0-9]*.py"))
"""Of the migrations of the runtime's own tables."""


@pytest.fixture(scope="module")
def made(the_yard: Yard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = extract(MODULE, tmp_path_factory.mktemp("moving") / "orders-service")
    with places(the_yard, MODULE, folder, WEB_WORKERS="2") as found:
        yield found


def at_home(made: Places) -> int:
    """Have both run, and the module at home as after a move there and back; return the epoch."""
    if not made.monolith.process:
        made.monolith.start()
        made.watch()
        made.move("--to", str(made.service.root), status=1)
        made.service.launch().until_ready()
    if made.row() == (1, "seam", "prepared"):
        made.go()
    row = made.row()
    assert row
    if row[1] != "seam":
        made.back()
    return row[0] + (row[1] != "seam")


def test_there_and_back_with_what_is_in_flight(made: Places) -> None:
    monolith, service = made.monolith.start(), made.service
    made.watch()
    shop = made.shop
    customer = shop.customer()
    sku = shop.product(price=1000, stock=20)
    customer.bought(sku)
    body = order_of((sku, 2), payment_method=APPROVE)
    first = customer.client.post("/orders", body, Idempotency_Key="moved").expect(201)

    told = made.move("--to", str(service.root), status=1)
    assert "does not answer: start it, and the same command goes on" in told
    assert made.row() == (1, "seam", "prepared")
    customer.bought(sku)
    service.launch().until_ready()
    with load.customers(shop, 2) as outcome:
        assert "has moved to orders-service" in made.go()
        assert made.row() == (2, "orders-service", "moved")
        assert service.health()["modules"][MODULE]["here"]

        customer.bought(sku)
        eventually(lambda: monolith.health()["modules"][MODULE]["here"], lambda here: not here)
        replayed = customer.client.post("/orders", body, Idempotency_Key="moved")
        assert replayed.expect(201)["id"] == first["id"]
        assert replayed.headers["Idempotency-Replayed"] == "true"
        customer.sees_points(50)

        assert "is at home again" in made.back()
        assert made.row() == (3, "seam", "returned")
        customer.bought(sku)
        customer.sees_points(60)
    assert len(customer.client.get("/orders").expect(200)["results"]) == 5
    eventually(customer.told, lambda told: told.count("order_confirmed") == 5)
    # A machine that has far too much to do is late with an answer, moved or not; else nothing is an excuse.
    failed = [each for each in outcome.failed if "call.deadline_exceeded" not in each]
    assert (failed, outcome.lost, outcome.doubled) == ([], set(), set()), str(outcome)
    assert outcome.orders and not made.strangers()


def test_tables_do_not_change_while_a_move_is_open(made: Places) -> None:
    at_home(made)
    with psycopg.connect(made.url) as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'seamline' AND name = %s", [LAST])
    try:
        told = made.manage("migrate_all", status=1)
        assert "orders is on the move, and its tables cannot change meanwhile" in told
    finally:
        with psycopg.connect(made.url) as connection:
            connection.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('seamline', %s, now())", [LAST]
            )
    made.manage("migrate_all")


def test_a_setting_that_disagrees_with_the_row_is_refused(made: Places) -> None:
    at_home(made)
    told = made.manage("migrate_all", status=1, ORDERS_URL="http://127.0.0.1:9")
    assert "unset ORDERS_URL, or move it: python -m extraction move orders --to" in told


@pytest.mark.nightly
def test_with_the_fence_taken_out_the_witness_sees_two_writers(made: Places, tmp_path: Path) -> None:
    """The oracle is awake: without the lock, who had begun commits when another is the owner already."""
    at_home(made)
    shutil.copytree(REPOSITORY / "extraction", tmp_path / "extraction", ignore=shutil.ignore_patterns("*.pyc.*"))
    (tmp_path / "src").symlink_to(REPOSITORY / "src")
    place = tmp_path / "extraction/moving/fence.py"
    text = place.read_text()
    for guard in (
        '        _locking(found, "SHARE ROW EXCLUSIVE"),\n',
        "        *relations.refusing_writing(found, before.owner.role),\n",
        "        if writable:\n",
    ):
        assert text.count(guard) == 1, guard
        text = text.replace(guard, "        if False:\n" if "if" in guard else "")
    place.write_text(text)
    with load.customers(made.shop):
        made.move("--to", str(made.service.root), tool=tmp_path)
        eventually(lambda: made.monolith.health()["modules"][MODULE]["here"], lambda here: not here)
    assert made.strangers()
    assert made.writers(TABLE) == 2
    made.back()
    made.go()
    assert made.writers(TABLE) == 1


@pytest.mark.nightly
def test_killed_at_every_step_it_goes_on_and_one_writes_all_the_time(made: Places) -> None:
    epoch = at_home(made)
    assert "stays here" in made.move("--finish")
    assert made.row() == (epoch + 1, "seam", "")
    assert "no move of orders is open" in made.move("--back", status=1)
    plan = made.move("--to", str(made.service.root), "--dry-run")
    assert "which stays where it is" in plan and made.row() == (epoch + 1, "seam", "")
    assert made.writers(TABLE) == 1
    with load.customers(made.shop, 2) as outcome:
        steps = made.killed_at_each_step(TABLE, "--to", str(made.service.root))
        assert {"the fence …", "telling the processes …"} <= {*steps}, steps
        assert made.row() == (epoch + 3, "orders-service", "moved")
        assert "owned by orders-service" in made.move("--status")
        assert "bring it home with --back" in made.move("--abort", status=1)
        made.killed_at_each_step(TABLE, "--back")
        assert made.row() == (epoch + 4, "seam", "returned")
    assert (outcome.failed, outcome.lost, outcome.doubled) == ([], set(), set()), str(outcome)


@pytest.mark.nightly
def test_for_good_the_monolith_passes_on_and_has_no_table_of_it_any_more(made: Places) -> None:
    at_home(made)
    made.go()
    told = made.move("--finish")
    assert f"ORDERS_URL={made.service.url}" in told
    row = made.row()
    assert row and row[1:] == ("orders-service", "")
    shop = made.shop
    customer = shop.customer()
    customer.bought(shop.product(price=1000, stock=20))
    customer.sees_points(10)
    made.monolith.stop()
    made.monolith.start(ORDERS_URL=made.service.url)
    assert not made.monolith.health()["modules"][MODULE]["here"]
    assert len(customer.client.get("/orders").expect(200)["results"]) == 1
    made.monolith.stop()
    made.service.stop()
