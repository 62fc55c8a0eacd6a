"""Row level security: whoever copies or compares has to see every row, whatever a policy shows them.

A role with BYPASSRLS sees all, and so does a table's owner, unless the table has FORCE ROW LEVEL SECURITY. The owner
may lift that, in a transaction at whose end it is in force again. In every session of ours `row_security` is off, so
that PostgreSQL refuses what a policy would shorten.
"""

from psycopg import sql

from extraction.data.database import Connection
from extraction.data.schema import OWN, Table
from extraction.processes.errors import Refused

_HIDDEN = f"""
    SELECT c.oid::regclass::text, pg_has_role(relowner, 'USAGE')
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind = 'r' AND row_security_active(c.oid) AND {OWN} ORDER BY 1
"""  # noqa: S608  names and numbers of ours alone  # nosec B608


def find_hidden(connection: Connection, side: str) -> frozenset[str]:
    """Find the tables whose policies hide rows from the user of `connection`, who owns them.

    Raises `Refused` where that user may not lift them.
    """
    found = connection.execute(_HIDDEN).fetchall()
    if others := [name for name, owned in found if not owned]:
        raise Refused(
            f"row level security hides rows of {others[0]} in the {side} from the user that logs in there: "
            "log in as a role with BYPASSRLS, or as the owner of the table"
        )
    return frozenset(name for name, _ in found)


def lift(connection: Connection, *tables: Table) -> None:
    """Show the owner all rows of their tables, until the end of the transaction."""
    for table in tables:
        connection.execute(sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(table.identifier))


def restore(connection: Connection, *tables: Table) -> None:
    """Have policies hold for the owner again."""
    for table in tables:
        connection.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(table.identifier))
