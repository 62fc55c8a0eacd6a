"""A server that is frozen, or a table that somebody has locked, holds up nobody for longer than a request may take."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from seamline.development import clusters
from tests.client import Answer, Client
from tests.processes import Deployable, Yard, yard
from tests.system.office import Office

TIMEOUT = 2


@pytest.fixture(scope="module")
def own_yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """One with a server that may be frozen."""
    with yard(tmp_path_factory.mktemp("frozen")) as made:
        yield made


@pytest.fixture(scope="module")
def served(own_yard: Yard, the_system: Path) -> Iterator[Deployable]:
    with own_yard.deployable("frozen", the_system, REQUEST_TIMEOUT=str(TIMEOUT)) as deployable:
        Office(deployable.start().client).make_room()
        yield deployable
        deployable.stop()


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Every process of a server, stopped until the block ends."""
    first = int((folder / clusters.FOLDER / "postmaster.pid").read_text().splitlines()[0])
    os.kill(first, signal.SIGSTOP)
    processes = [first, *(pid for pid in running() if parent(pid) == first)]
    try:
        for pid in processes:
            tell(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in processes:
            tell(pid, signal.SIGCONT)


def tell(pid: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it was about to end
        os.kill(pid, what)


def running() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def many(client: Client, path: str) -> list[Answer]:
    """Asked for more often at once than there are threads."""
    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(client.get, [path] * 6))


def test_while_a_server_is_frozen_each_request_is_told_to_come_again(served: Deployable, own_yard: Yard) -> None:
    client = served.client
    assert {answer.status for answer in many(client, "/parcels")} == {200}
    with frozen(own_yard.logs / "postgres"):
        for answer in many(client, "/parcels"):
            # Those that would be too many of one module are told so before they ask its database.
            assert answer.refused(503)["code"] in ("call.unavailable", "call.rejected")
            assert answer.headers["Retry-After"] == "2"
        client.page("/health/live").expect(200)
        assert client.page("/health/ready").status == 503
        assert served.health()["modules"]["parcels"]["outbox"] is None
    served.until_ready()
    assert {answer.status for answer in many(client, "/parcels")} == {200}


def test_a_server_that_freezes_after_a_statement_failed_holds_up_nobody(served: Deployable, own_yard: Yard) -> None:
    client, name = served.client, f"{served.settings['DATABASE_PREFIX']}_parcels"
    with psycopg.connect(served.settings["DATABASE_URL"], dbname=name) as holder:
        holder.execute("LOCK TABLE parcels_parcel")
        assert {answer.status for answer in many(client, "/parcels")} == {503}
    with frozen(own_yard.logs / "postgres"):
        for answer in many(client, "/parcels"):
            assert answer.refused(503)["code"] in ("call.unavailable", "call.rejected")
        assert served.health()["modules"]["parcels"]["outbox"] is None
    served.until_ready()
    assert {answer.status for answer in many(client, "/parcels")} == {200}


def test_a_table_that_is_locked_is_not_waited_for_and_the_others_go_on(served: Deployable) -> None:
    client, name = served.client, f"{served.settings['DATABASE_PREFIX']}_parcels"

    with psycopg.connect(served.settings["DATABASE_URL"], dbname=name) as holder:
        holder.execute("LOCK TABLE parcels_parcel")
        client.get("/parcels").refused(503, "call.unavailable")
        client.get("/depots/north").expect(200)
        assert client.page("/health/ready").expect(200) == {"status": "ready", "away": []}
    client.get("/parcels").expect(200)
