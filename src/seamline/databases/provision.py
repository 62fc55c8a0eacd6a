"""Make the databases and roles of a deployable, so that no module's role can open another's database."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from seamline.databases.config import Server

PROVISION_LOCK = 7326
"""Advisory lock of whoever makes or migrates databases: several replicas may start at once."""

MIGRATED_UNTIL = r"rows up to transaction (\d+) are of migrations, in table (\d+)\.(\d+)"
"""What is said, as a comment on `django_migrations`, of a database that was new when it was migrated.

Whoever copies into the database knows by it which rows nobody will miss. It names database and table by their numbers,
so that it says nothing of a copy, where transactions have others.
"""
SAY_MIGRATED_UNTIL = """
    DO $$ BEGIN EXECUTE format('COMMENT ON TABLE django_migrations IS %L', (
        SELECT format('rows up to transaction %s are of migrations, in table %s.%s',
            pg_current_xact_id(), oid, 'django_migrations'::regclass::oid)
        FROM pg_database WHERE datname = current_database())); END $$
"""


class CannotProvision(Exception):
    """The server does not let us make databases; the message says what to do."""


def provision(server: Server, aliases: Collection[str]) -> None:
    """Make each alias's role and database where they do not exist, and set the role's password.

    Raises `CannotProvision` when the server cannot be reached or its user may not make roles and databases.
    """
    if not aliases:
        return
    try:
        with psycopg.connect(server.url, autocommit=True, connect_timeout=5) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [PROVISION_LOCK])
            for alias in sorted(aliases):
                _make(connection, server, alias)
    except psycopg.errors.InsufficientPrivilege as error:
        raise CannotProvision(
            f"the user of DATABASE_URL may not make roles and databases ({error.diag.message_primary}): grant it "
            "CREATEROLE and CREATEDB, or name each database with <MODULE>_DATABASE_URL"
        ) from error
    except psycopg.OperationalError as error:
        if "password" in str(error):
            raise CannotProvision(
                "DATABASE_URL has to name a user that may make roles and databases, and its password: "
                f"postgresql://user:password@host:5432/postgres ({error})"
            ) from error
        raise CannotProvision(f"no PostgreSQL server answers at DATABASE_URL: {error}") from error


def provision_schemas(server: Server, database: Mapping[str, Any], schemas: Mapping[str, str]) -> None:
    """Make the schemas of modules in the common database, each owned by a role of its own that nobody else's is.

    `database` is Django's settings of the common database; `schemas` are by alias. The login of `database` gets no
    privilege on them, and their roles get none on its tables. Raises `CannotProvision` where it may not make them.
    """
    if not schemas:
        return
    try:
        with psycopg.connect(conninfo(database), autocommit=True, connect_timeout=5) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [PROVISION_LOCK])
            for alias, schema in sorted(schemas.items()):
                _make_schema(connection, server, alias, schema)
    except psycopg.errors.InsufficientPrivilege as error:
        raise CannotProvision(
            f"the login of DATABASES['default'] may not make roles and schemas ({error.diag.message_primary}): grant "
            "it CREATEROLE, and CREATE on its database; or make them by hand and name each with <MODULE>_DATABASE_URL"
        ) from error
    except psycopg.OperationalError as error:
        raise CannotProvision(f"no PostgreSQL server answers for DATABASES['default']: {error}") from error


def prepare_test_database(server: Server, alias: str, name: str, user: str, schema: str) -> None:
    """Let a module's role make its tables in a database that was made for tests."""
    with psycopg.connect(server.url, dbname=name, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [PROVISION_LOCK])
        if user == server.database(alias):
            _make_role(connection, server, alias)
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        privileges = sql.SQL("GRANT ALL ON SCHEMA {} TO {}").format(sql.Identifier(schema), sql.Identifier(user))
        connection.execute(privileges)


def conninfo(database: Mapping[str, Any]) -> str:
    """Make libpq's connection string of Django's settings of a database."""
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}  # nosec B105
    given = {word: str(database[name]) for word, name in names.items() if database.get(name)}
    options = {
        word: value
        for word, value in database.get("OPTIONS", {}).items()
        if word.startswith("ssl") or word in ("service", "passfile")
    }
    return make_conninfo(**given, **options)


def drop(server: Server, aliases: Iterable[str]) -> None:
    """Remove the databases and roles again, with all that is in them."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        for alias in aliases:
            name = sql.Identifier(server.database(alias))
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))


def _make_role(connection: psycopg.Connection, server: Server, alias: str) -> sql.Identifier:
    name = server.database(alias)
    role = sql.Identifier(name)
    if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", name):
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOCREATEDB NOCREATEROLE").format(role))
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(server.password(alias))))
    return role


def _make_schema(connection: psycopg.Connection, server: Server, alias: str, schema: str) -> None:
    role = _make_role(connection, server, alias)
    name = sql.Identifier(schema)
    if not _exists(connection, "SELECT 1 FROM pg_namespace WHERE nspname = %s", schema):
        connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(name, role))
    connection.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(connection.info.dbname), role)
    )
    # What the maker needed to make it. A superuser goes on seeing everything.
    connection.execute(sql.SQL("REVOKE {} FROM CURRENT_USER").format(role))


def _make(connection: psycopg.Connection, server: Server, alias: str) -> None:
    name = server.database(alias)
    role = _make_role(connection, server, alias)
    if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", name):
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(role, role))
    connection.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(role))


def _exists(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.execute(query, [name]).fetchone() is not None
