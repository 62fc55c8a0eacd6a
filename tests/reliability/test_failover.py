"""A standby that took over may lack what the server before it had committed: nobody goes on with what that one said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError, close_old_connections, connections
from psycopg.conninfo import conninfo_to_dict
from pytest_django import DjangoDbBlocker

from seamline.databases import fetch
from seamline.databases.config import ENGINE
from seamline.development.clusters import FOLDER
from seamline.development.embedded_postgres import EmbeddedPostgres
from tests.processes import HASTE

PUBLISHER, SUBSCRIBER = "publisher", "subscriber"
PROMOTED = {"restore_command": "false", "hot_standby": "off"}
"""With a `recovery.signal`, the server ends its recovery at once, and begins another timeline, as a standby does."""


@pytest.fixture
def folder(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """Of a server on which two modules have their databases."""
    with EmbeddedPostgres(tmp_path / "postgres", HASTE).running() as postgres:
        where = conninfo_to_dict(postgres.url)
    for alias in (PUBLISHER, SUBSCRIBER):
        connections.settings[alias] = connections.configure_settings(
            {
                "default": {},
                alias: {"ENGINE": ENGINE, "NAME": "postgres", "USER": where["user"], "HOST": where["host"]},
            }
        )[alias] | {"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": None}
    with django_db_blocker.unblock():
        yield tmp_path / "postgres"
    for alias in (PUBLISHER, SUBSCRIBER):
        connections[alias].close()
        del connections[alias], connections.settings[alias]


def ask(alias: str) -> int:
    return int(fetch(alias, "SELECT 1")[0][0])


def test_what_was_begun_before_a_failover_is_given_up_and_what_begins_after_it_goes_on(folder: Path) -> None:
    with EmbeddedPostgres(folder, HASTE).running():
        assert ask(PUBLISHER) == ask(SUBSCRIBER) == 1
    (folder / FOLDER / "recovery.signal").touch()
    with EmbeddedPostgres(folder, HASTE | PROMOTED).running():
        for alias in (SUBSCRIBER, PUBLISHER):
            with pytest.raises(OperationalError):
                ask(alias)  # the connection is lost
            connections[alias].close()
        with pytest.raises(OperationalError, match="another server has taken over"):
            ask(SUBSCRIBER)  # in which the publisher's event would have its effect
        with pytest.raises(OperationalError, match="another server has taken over"):
            ask(PUBLISHER)
        assert ask(PUBLISHER) == ask(SUBSCRIBER) == 1


def test_a_subscriber_that_was_not_asked_before_does_not_take_what_the_server_of_before_said(folder: Path) -> None:
    with EmbeddedPostgres(folder, HASTE).running():
        assert ask(PUBLISHER) == 1
    (folder / FOLDER / "recovery.signal").touch()
    with EmbeddedPostgres(folder, HASTE | PROMOTED).running():
        with pytest.raises(OperationalError, match="another server has taken over"):
            ask(SUBSCRIBER)
        close_old_connections()
        assert ask(SUBSCRIBER) == ask(PUBLISHER) == 1


def test_a_server_that_was_only_restarted_is_the_same(folder: Path) -> None:
    for _ in range(2):
        with EmbeddedPostgres(folder, HASTE).running():
            close_old_connections()
            assert ask(PUBLISHER) == ask(SUBSCRIBER) == 1
