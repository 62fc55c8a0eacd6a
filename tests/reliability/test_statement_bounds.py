"""No statement takes longer than somebody waits for the work: ended by the server, or without it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import OperationalError, connections

from seamline import context
from seamline.context import working_for
from seamline.databases import execute, fetch, transaction
from seamline.databases.backend.bounded import Late
from seamline.module import active
from tests.waiting import eventually

MODULE = min(active())
SOON = 0.2
LONG = "SELECT pg_sleep(600)"
"""Longer than any test may take: that one ends is the proof."""
pytestmark = pytest.mark.django_db(databases=[MODULE], transaction=True)


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    execute(MODULE, "CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
    yield
    execute(MODULE, "DROP TABLE t")


@contextmanager
def other() -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """Somebody else, in the same database."""
    settings = connections[MODULE].get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{name: settings[name] for name in names if name in settings}) as connection:
        yield connection


def backend() -> int:
    return int(fetch(MODULE, "SELECT pg_backend_pid()")[0][0])


def test_a_statement_ends_with_the_deadline_and_its_connection_goes_on() -> None:
    before = backend()
    with working_for(MODULE, SOON), pytest.raises(OperationalError, match="cancel"):
        execute(MODULE, LONG)
    assert backend() == before


def test_who_waits_for_a_lock_waits_no_longer_than_the_deadline() -> None:
    with other() as holder:
        holder.execute("LOCK TABLE t")
        with working_for(MODULE, SOON), pytest.raises(OperationalError), transaction(MODULE):
            execute(MODULE, "UPDATE t SET a = 2")
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 't'::regclass"
        eventually(lambda: holder.execute(waiting).fetchall(), lambda rows: rows == [(0,)])
    assert fetch(MODULE, "SELECT a FROM t") == [(1,)]


def test_a_server_that_is_frozen_is_not_waited_for() -> None:
    frozen = backend()
    os.kill(frozen, signal.SIGSTOP)
    try:
        with working_for(MODULE, SOON), pytest.raises(OperationalError) as late, transaction(MODULE):
            execute(MODULE, "UPDATE t SET a = 2")
    finally:
        os.kill(frozen, signal.SIGCONT)
    assert isinstance(late.value.__cause__, Late)
    assert fetch(MODULE, "SELECT a FROM t") == [(1,)]
    assert backend() != frozen


def test_what_was_begun_is_undone_though_the_time_is_over() -> None:
    with pytest.raises(OperationalError), working_for(MODULE, SOON), transaction(MODULE):
        execute(MODULE, "UPDATE t SET a = 2")
        execute(MODULE, LONG)
    assert fetch(MODULE, "SELECT a FROM t") == [(1,)]


@pytest.mark.parametrize("limit", ["statement_timeout", "idle_in_transaction_session_timeout"])
def test_the_server_keeps_the_time_too_while_a_transaction_is_open(limit: str) -> None:
    with transaction(MODULE):
        assert fetch(MODULE, f"SHOW {limit}") == [("0",)]
    with working_for(MODULE, 100), transaction(MODULE):
        assert 90_000 < int(fetch(MODULE, "SELECT setting FROM pg_settings WHERE name = %s", [limit])[0][0]) <= 100_000
    assert fetch(MODULE, f"SHOW {limit}") == [("0",)]


def test_who_has_no_deadline_waits() -> None:
    assert context.current().remaining == context.FOREVER
    assert fetch(MODULE, "SELECT 1 FROM pg_sleep(0.3)") == [(1,)]


def test_a_connection_is_waited_for_no_longer_than_the_deadline() -> None:
    assert connections[MODULE].get_connection_params()["connect_timeout"] == 5
    with working_for(MODULE, 2.5):
        assert connections[MODULE].get_connection_params()["connect_timeout"] == 3
