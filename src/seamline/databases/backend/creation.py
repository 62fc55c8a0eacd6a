"""Test databases of modules, as Django's own test runner makes them: by the server's login, for the module's role."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import creation

from seamline.databases.provision import prepare_test_database
from seamline.layout import DEFAULT_SCHEMA


class DatabaseCreation(creation.DatabaseCreation):
    """A module's role may make no database, not even for tests."""

    def _get_test_db_name(self) -> str:
        name: str = super()._get_test_db_name()  # type: ignore[misc]  # the stubs lack it
        # One that shares the common database has a test database of its own.
        return f"{name}_{self.connection.alias}" if self.connection.alias in settings.OWN_SCHEMAS else name

    @contextmanager
    def _nodb_cursor(self) -> Iterator[Any]:
        with psycopg.connect(settings.DATABASE_SERVER.url, autocommit=True) as server, server.cursor() as cursor:
            yield cursor

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name: str = super()._create_test_db(verbosity, autoclobber, keepdb)  # type: ignore[misc]
        alias = self.connection.alias
        schema = settings.OWN_SCHEMAS.get(alias, DEFAULT_SCHEMA)
        prepare_test_database(settings.DATABASE_SERVER, alias, name, str(self.connection.settings_dict["USER"]), schema)
        return name
