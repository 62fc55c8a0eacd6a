"""A module's database goes away: who asks that module is told to try again, and it answers when it is back."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.processes import Deployable, Yard
from tests.system.office import Office
from tests.waiting import eventually


@pytest.fixture(scope="module")
def served(the_yard: Yard, the_system: Path) -> Iterator[Deployable]:
    """One that every test leaves as it was."""
    with the_yard.deployable("away", the_system) as deployable:
        Office(deployable.start().client).make_room()
        yield deployable
        deployable.stop()


def let_in(deployable: Deployable, module: str, anybody: bool) -> None:
    """Open a module's database, or shut it and throw out who is in."""
    name = f"{deployable.settings['DATABASE_PREFIX']}_{module}"
    with psycopg.connect(deployable.settings["DATABASE_URL"], autocommit=True) as server:
        server.execute(
            sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}").format(sql.Identifier(name), sql.Literal(anybody))
        )
        if not anybody:
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


def test_a_module_without_its_database_is_unavailable_until_it_is_back(served: Deployable) -> None:
    client = served.client
    client.get("/parcels").expect(200)
    let_in(served, "parcels", False)
    for _ in range(6):
        problem = client.get("/parcels").refused(503, "call.unavailable")
        assert problem["data"] == {"module": "parcels"}
    client.get("/depots/north").expect(200)
    metrics = client.page("/metrics")
    assert metrics.status == 200
    assert 'events_waiting{module="depots"' in metrics.text
    assert 'events_waiting{module="parcels"' not in metrics.text
    assert served.health()["modules"]["parcels"]["outbox"] is None
    assert client.page("/health/ready").expect(200) == {"status": "ready", "away": ["parcels"]}
    let_in(served, "parcels", True)
    for _ in range(6):
        client.get("/parcels").expect(200)
    assert client.page("/health/ready").expect(200) == {"status": "ready", "away": []}


def test_who_has_no_database_left_is_not_ready(served: Deployable) -> None:
    modules = sorted(served.health()["modules"])
    for module in modules:
        let_in(served, module, False)
    not_ready = eventually(lambda: served.client.page("/health/ready"), lambda answer: answer.status == 503)
    assert not_ready.json == {"status": "not ready", "away": modules}
    let_in(served, modules[0], True)
    eventually(lambda: served.client.page("/health/ready").status, lambda status: status == 200)
    for module in modules[1:]:
        let_in(served, module, True)
