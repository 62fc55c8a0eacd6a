"""The end of a process: first it says so, then it listens no more, and nobody's request is lost."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.load import Load
from tests.processes import Deployable, Yard, answers
from tests.raw import Raw, request
from tests.waiting import eventually


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def drains(deployable: Deployable) -> bool:
    return deployable.client.afresh().page("/health/ready").status == 503


def test_it_serves_until_those_who_ask_have_noticed(the_yard: Yard, the_system: Path, stack: ExitStack) -> None:
    with the_yard.deployable("drained", the_system, DRAIN_SECONDS="5") as deployable:
        deployable.start()
        kept = stack.enter_context(Raw(deployable.url, request("GET /api/v1/parcels")))
        assert kept.answer()[1]["connection"] == "keep-alive"

        deployable.ask_to_stop()
        eventually(lambda: drains(deployable), bool)
        assert deployable.client.afresh().page("/health/live").status == 200
        new = stack.enter_context(Raw(deployable.url))
        for connection in (kept, new):
            connection.say(request("GET /api/v1/parcels"))
            status, headers, _ = connection.answer()
            assert (status, headers["connection"]) == (200, "close")

        begun = stack.enter_context(Raw(deployable.url, b"GET /api/v1/parcels HT"))
        eventually(lambda: answers(deployable.port), lambda anybody: not anybody)
        begun.say(request("GET /api/v1/parcels").partition(b" HT")[2])
        assert begun.status() == 200
        deployable.until_stopped()


def test_what_is_under_way_is_finished(the_yard: Yard, the_system: Path, stack: ExitStack) -> None:
    with the_yard.deployable("finishing", the_system) as deployable:
        deployable.start()
        database = f"{deployable.settings['DATABASE_PREFIX']}_parcels"
        lock = stack.enter_context(psycopg.connect(the_yard.database_url, dbname=database))
        lock.execute("LOCK TABLE parcels_parcel")
        waiting = stack.enter_context(Raw(deployable.url, request("GET /api/v1/parcels")))
        eventually(lambda: waits_for_lock(lock), bool)

        deployable.ask_to_stop()
        eventually(lambda: answers(deployable.port), lambda anybody: not anybody)
        assert waiting.heard_nothing()
        lock.rollback()
        status, headers, _ = waiting.answer()
        assert (status, headers["connection"]) == (200, "close")
        deployable.until_stopped()


def waits_for_lock(lock: "psycopg.Connection[tuple[int]]") -> bool:
    found = lock.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return bool(found and found[0])


def test_a_reload_is_noticed_by_nobody(the_yard: Yard, the_system: Path) -> None:
    with the_yard.deployable("reloaded", the_system, DRAIN_SECONDS="600", WEB_WORKERS="2") as deployable:
        deployable.start()
        before = workers(deployable)
        seen = set()

        def replaced() -> bool:
            seen.add(deployable.client.afresh().page("/health/ready").status)
            return not before & workers(deployable)

        with Load(deployable.url) as load:
            assert deployable.process
            deployable.process.send_signal(signal.SIGHUP)
            eventually(replaced, bool)
        assert seen == {200}
        assert load.answers.keys() == {200, 401}, load.answers
        deployable.kill()


def workers(deployable: Deployable) -> set[int]:
    assert deployable.process
    children = Path(f"/proc/{deployable.process.pid}/task/{deployable.process.pid}/children")
    return {int(pid) for pid in children.read_text().split()}


def test_ctrl_c_is_answered_at_once(the_yard: Yard, the_system: Path, stack: ExitStack) -> None:
    with the_yard.deployable("interrupted", the_system) as deployable:
        deployable.start()
        database = f"{deployable.settings['DATABASE_PREFIX']}_parcels"
        lock = stack.enter_context(psycopg.connect(the_yard.database_url, dbname=database))
        lock.execute("LOCK TABLE parcels_parcel")
        stack.enter_context(Raw(deployable.url, request("GET /api/v1/parcels")))
        eventually(lambda: waits_for_lock(lock), bool)

        assert deployable.process
        os.killpg(deployable.process.pid, signal.SIGINT)
        eventually(lambda: "Stopping:" in deployable.log.read_text(), bool)
        assert deployable.process.poll() is None
        assert "Ctrl-C again" in deployable.said()

        os.killpg(deployable.process.pid, signal.SIGINT)
        deployable.until_stopped()
        assert "Traceback" not in deployable.log.read_text()
