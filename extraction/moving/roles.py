"""Whose the tables are while a module moves: nobody's who logs in.

PostgreSQL checks references between tables as their owner. So nobody can take writing from a table's owner: not even
the new one could add a row that refers to another. While a move is open the tables belong to a role of their own.
"""

import psycopg
from psycopg import sql

from extraction.data.database import Connection
from extraction.moving import relations
from extraction.moving.relations import Relation, Relations
from extraction.processes.errors import Refused

TRIES = 100
HOLD_MS = 300
"""Milliseconds that readers and writers of one table may have to wait while its owner is changed."""
_SCHEMAS = """
    SELECT nspname FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\\_%%' AND nspname <> 'information_schema' ORDER BY 1
"""


_LIMIT = f"""
    SET LOCAL lock_timeout = {HOLD_MS}; SET LOCAL statement_timeout = {HOLD_MS * 10};
    SET LOCAL idle_in_transaction_session_timeout = {HOLD_MS * 10}
"""
_OTHER_OBJECTS = """
    SELECT 'SCHEMA', quote_ident(nspname) FROM pg_namespace WHERE pg_get_userbyid(nspowner) = %(role)s
    UNION ALL SELECT 'ROUTINE', oid::regprocedure::text FROM pg_proc WHERE pg_get_userbyid(proowner) = %(role)s
    UNION ALL SELECT 'TYPE', oid::regtype::text FROM pg_type
    WHERE pg_get_userbyid(typowner) = %(role)s AND typelem = 0 AND typtype <> 'm'
      AND (typrelid = 0 OR typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c'))
"""


def role_of_tables(database: str) -> str:
    """Name the role that owns the tables of a database while a move is open."""
    return f"{database[:56]}_tables"


def exists(connection: Connection, role: str) -> bool:
    """Tell whether there is such a role."""
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None


def let_in(connection: Connection, database: str, role: str, password: str) -> None:
    """Make the role of a new owner, or of a stream, where there is none, and let it read."""
    if not exists(connection, role):
        make = sql.SQL("CREATE ROLE {} LOGIN NOCREATEDB NOCREATEROLE PASSWORD {}")
        connection.execute(make.format(sql.Identifier(role), sql.Literal(password)))
    _let_in(connection, database, role)
    connection.execute(relations.allowing_reading(relations.find(connection), role))


def part(connection: Connection, database: str, owner: str) -> None:
    """Give the tables to a role of their own, one after the other, and let `owner` write as before."""
    role = role_of_tables(database)
    if not exists(connection, role):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
    for schema in _schemas(connection):
        connection.execute(sql.SQL("GRANT CREATE, USAGE ON SCHEMA {} TO {}").format(schema, sql.Identifier(role)))
    _let_in(connection, database, owner)
    _give_all(connection, role, owner)


def close(connection: Connection, database: str, reader: str) -> None:
    """Give the tables to a role of their own, one after the other, and let `reader` do no more than read."""
    part(connection, database, reader)
    found = relations.find(connection)
    with connection.transaction():
        for statement in relations.refusing_writing(found, reader):
            connection.execute(statement)


def reunite(connection: Connection, database: str, owner: str) -> None:
    """Give the tables of a database that no other side logs in to to their owner, and remove the role between."""
    role = role_of_tables(database)
    _give_all(connection, owner, None)
    with connection.transaction():
        if exists(connection, role):
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def rejoin(connection: Connection, database: str, owner: str, other: str) -> None:
    """Give the tables to who owns the module, let the other side in no longer, and remove the role between."""
    _give_all(connection, owner, None)
    found = relations.find(connection)
    whom = sql.Identifier(other)
    with connection.transaction():
        _give_rest(connection, database, other, owner)
        connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(relations.names_of(found.all), whom))
        reunite(connection, database, owner)
        # It goes on reading where the module is.
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), whom))
        if found.ownership:
            connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(found.ownership.identifier, whom))


def _give_rest(connection: Connection, database: str, other: str, owner: str) -> None:
    """Give the database, its schemas, functions and types. (REASSIGN OWNED would give other databases as well.)"""
    found = [("DATABASE", sql.Identifier(database).as_string(connection))]
    found += [(kind, name) for kind, name in connection.execute(_OTHER_OBJECTS, {"role": other})]
    for kind, name in found:
        connection.execute(f"ALTER {kind} {name} OWNER TO {sql.Identifier(owner).as_string(connection)}")


def _let_in(connection: Connection, database: str, role: str) -> None:
    to = sql.Identifier(role)
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(sql.Identifier(database), to))
    for schema in _schemas(connection):
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, to))


def _schemas(connection: Connection) -> list[sql.Identifier]:
    return [sql.Identifier(name) for (name,) in connection.execute(_SCHEMAS)]


def _give_all(connection: Connection, to: str, writer: str | None) -> None:
    found = relations.find(connection)
    for each in found.all:
        if each.owner != to and not each.is_linked:
            _give(connection, each, to, found, writer)


def _give(connection: Connection, each: Relation, to: str, found: Relations, writer: str | None) -> None:
    """Change the owner of one table, with its sequences, and let `writer` write to it, at one instant."""
    kind = {"S": "SEQUENCE", "v": "VIEW", "m": "MATERIALIZED VIEW"}.get(each.kind, "TABLE")
    for number in range(1, TRIES + 1):
        try:
            with connection.transaction():
                connection.execute(_LIMIT)
                alter = sql.SQL("ALTER {} {} OWNER TO {}")
                connection.execute(alter.format(sql.SQL(kind), each.identifier, sql.Identifier(to)))
                if writer:
                    _let_write(connection, each, found, writer)
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled, psycopg.errors.InternalError) as error:
            if number == TRIES:
                raise Refused(
                    f"{each.name} is locked without a pause ({str(error).strip()}): try again later"
                ) from None


def _let_write(connection: Connection, each: Relation, found: Relations, writer: str) -> None:
    # The old owner's rights went to the new one with the table.
    to = sql.Identifier(writer)
    if each is found.ownership:
        connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(each.identifier, to))
        return
    kind = "SEQUENCE" if each.kind == "S" else "TABLE"
    connection.execute(sql.SQL("GRANT ALL ON {} {} TO {}").format(sql.SQL(kind), each.identifier, to))
    linked = [other for other in found.sequences if other.is_linked]
    if kind == "TABLE" and linked:
        own = connection.execute(_LINKED, [each.oid, [other.oid for other in linked]]).fetchall()
        for (number,) in own:
            sequence = next(other for other in linked if other.oid == number)
            connection.execute(sql.SQL("GRANT ALL ON SEQUENCE {} TO {}").format(sequence.identifier, to))


_LINKED = """
    SELECT DISTINCT objid::bigint FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = %s::bigint::oid
      AND objid::bigint = ANY(%s)
"""
