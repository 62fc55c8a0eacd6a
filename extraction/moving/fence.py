"""The fence: one transaction after which one deployable may write to a module's tables, and the other may not.

It locks all tables against writers, which waits for those that are open; changes the row; takes writing from the one
role and gives it to the other. Whoever waited for it meanwhile is refused by PostgreSQL, finds the row changed, and
takes what it was doing to the new owner. Before it commits nothing has happened; after, nobody can write as before.

It never waits long, because whoever comes after it waits for it: not half as long as PostgreSQL lets pass before it
looks for a deadlock, so that of two that wait for each other it is the fence that gives way.
"""

import time
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from extraction.data.database import Connection
from extraction.moving import relations, row
from extraction.moving.relations import Relation, Relations
from extraction.moving.row import Row, Step
from extraction.processes.errors import Refused
from seamline.databases.handover import RELEASE_LEASES

FIRST_HOLD_SECONDS = 0.15
"""For how long writers may have to wait for the first try; half as long again for each further one."""
MAX_HOLD_SECONDS = 2.0
"""The longest that they may have to, whatever the server is set to."""
TURNS = {
    "seamline_throttle": -5,
    "seamline_idempotent_request": -4,
    "seamline_idempotent_command": -3,
    "seamline_inbox": -2,
    "seamline_saga": -1,
    "seamline_subscription": 1,
    "seamline_outbox": 2,
}
"""Of the runtime's tables: what a transaction begins with, and what it ends with. A module's own are in between."""
PATIENCE_SECONDS = 60.0
"""For how long the fence is tried again, while some transaction does not end."""
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.1, 2.0
OLD_SECONDS = 0.3
"""A transaction that has been open for so long is waited for before the fence is tried, when nobody has to wait."""
VACUUM_SECONDS = 10
"""For how long the fence waits for VACUUM to give way, which no writer notices."""

_DEADLOCK_TIMEOUT = "SELECT setting::float8 / 1000 FROM pg_settings WHERE name = 'deadlock_timeout'"
_BUSY = """
    SELECT activity.pid, coalesce(application_name, ''), extract(epoch FROM now() - xact_start)::float8
    FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)
    WHERE locktype = 'relation' AND granted AND relation::bigint = ANY(%s) AND activity.pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND mode NOT IN ('AccessShareLock', 'RowShareLock') AND xact_start < now() - make_interval(secs => %s)
    ORDER BY xact_start LIMIT 1
"""
_LIMIT = """
    SET LOCAL lock_timeout = {0}; SET LOCAL statement_timeout = {0}; SET LOCAL idle_in_transaction_session_timeout = {0}
"""
"""The server ends it as well where this process is frozen, or cannot be reached any more."""
_PASSING = ("55P03", "57014", "40P01", "XX000")
"""Not locked in time, ended in time, a deadlock, a row of pg_class that VACUUM has just changed."""


class Busy(NamedTuple):
    """A transaction that the fence waits for."""

    pid: int
    name: str
    seconds: float

    def __str__(self) -> str:
        who = f"process {self.pid} ({self.name or 'unnamed'}) of PostgreSQL"
        return f"{who} has been in a transaction for {self.seconds:.0f} s"


class Passage(NamedTuple):
    """How the fence was passed."""

    row: Row
    """As it is afterwards."""
    tries: int
    seconds: float
    """For how long, at most, the last of them had writers wait."""


def change_owner(
    connection: Connection, module: str, before: Row, step: Step, patience: float = PATIENCE_SECONDS
) -> Passage:
    """Make the other side the owner. Raises `Refused`; then nothing has changed.

    The connection is the tables' owner's, or of a member of that role.
    """
    after = Row(before.epoch + 1, before.other, before.owner, step)
    deadline, pause, tries = time.monotonic() + patience, FIRST_PAUSE_SECONDS, 0
    [[limit]] = connection.execute(_DEADLOCK_TIMEOUT)
    longest = min(MAX_HOLD_SECONDS, limit * 0.7)
    while True:
        found = relations.find(connection)
        _wait_for_open(connection, found, deadline)
        hold = min(FIRST_HOLD_SECONDS * 1.5**tries, longest)
        tries += 1
        try:
            return Passage(after, tries, _pass(connection, module, found, before, after, hold))
        except psycopg.Error as error:
            if error.sqlstate not in _PASSING:
                raise
            if time.monotonic() > deadline:
                busy = _busy(connection, found, 0)
                what = str(busy) if busy else str(error).strip()
                raise Refused(f"{module} is written to without a pause, {what}: end that, and try again") from None
        time.sleep(pause)
        pause = min(2 * pause, MAX_PAUSE_SECONDS)


def _pass(connection: Connection, module: str, found: Relations, before: Row, after: Row, hold: float) -> float:
    lock = sql.SQL("LOCK TABLE {} IN {} MODE")
    tables = relations.names_of(sorted(found.tables, key=_by_turn))
    limit = sql.SQL(_LIMIT).format(int(hold * 1000))
    # In one message: what writers wait for must not wait for the network.
    statements = [
        limit,
        lock.format(tables, sql.SQL("SHARE ROW EXCLUSIVE")),
        row.writing(module, after, before.epoch),
        *(sql.SQL(statement).format(module=sql.Literal(module)) for statement in RELEASE_LEASES),
        *relations.refusing_writing(found, before.owner.role),
        *relations.allowing_writing(found, after.owner.role),
        relations.asking_who_writes(found, before.owner.role),
    ]
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{VACUUM_SECONDS}s'")
        # Holds up VACUUM and changes of the schema alone; one that is under way gives way after a second.
        connection.execute(lock.format(tables, sql.SQL("SHARE UPDATE EXCLUSIVE")))
        began = time.monotonic()
        written, writable = _rows(connection.execute(sql.SQL(";").join(statements)))
        if not written:
            raise row.changed_meanwhile(module)
        if writable:
            raise Refused(
                f"the role {before.owner.role} may write to {writable[0][0]} all the same, as a superuser, by another "
                "role or by a grant to everybody: take that from it first"
            )
    return time.monotonic() - began


def _rows(cursor: "psycopg.Cursor[tuple[Any, ...]]") -> list[list[tuple[Any, ...]]]:
    """Return the rows of those of several statements that give any."""
    found = []
    more: bool | None = True
    while more:
        if cursor.description:
            found.append(cursor.fetchall())
        more = cursor.nextset()
    return found


def _by_turn(table: Relation) -> tuple[int, str]:
    """Lock tables in the order in which transactions come to them, mostly, so that fewer wait for each other."""
    return TURNS.get(table.name, 0), table.name


def _wait_for_open(connection: Connection, found: Relations, deadline: float) -> None:
    """Wait for long transactions to end while nobody has to wait for the fence."""
    while time.monotonic() < deadline and _busy(connection, found, OLD_SECONDS):
        time.sleep(FIRST_PAUSE_SECONDS)


def _busy(connection: Connection, found: Relations, older: float) -> Busy | None:
    oldest = connection.execute(_BUSY, [[each.oid for each in found.tables], older]).fetchone()
    return Busy(*oldest) if oldest else None
