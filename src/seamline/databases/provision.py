"""Make the databases and roles of a deployable, so that no module's role can open another's database."""

from collections.abc import Collection, Iterable

import psycopg
from psycopg import sql

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


def drop(server: Server, aliases: Iterable[str]) -> None:
    """Remove the databases and roles again, with all that is in them."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        for alias in aliases:
            name = sql.Identifier(server.database(alias))
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))


def _make(connection: psycopg.Connection, server: Server, alias: str) -> None:
    name = server.database(alias)
    role = sql.Identifier(name)
    if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", name):
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOCREATEDB NOCREATEROLE").format(role))
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(server.password(alias))))
    if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", name):
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(role, role))
    connection.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(role))


def _exists(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.execute(query, [name]).fetchone() is not None
