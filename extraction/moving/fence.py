"""The fence: one transaction after which one deployable may write to a module's tables, and the other may not.

It locks all tables against writers, which waits for those that are open; changes the row; takes writing from the one
role and gives it to the other. Whoever waited for it meanwhile is refused by PostgreSQL, finds the row changed, and
takes what it was doing to the new owner. Before it commits nothing has happened; after, nobody can write as before.

Where the other side has a database of its own on another server, the row is decided where the module is. The fence is
held until everything that was committed has arrived there; writing is given by who opens the other database after it.

It never waits long, because whoever comes after it waits for it: not half as long as PostgreSQL lets pass before it
looks for a deadlock, so that of two that wait for each other it is the fence that gives way.
"""

import time
from collections.abc import Callable
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

ARRIVAL_SECONDS = 1.5
"""For how long writers may have to wait, beyond that, until what was committed has arrived on another server."""

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
    SET LOCAL lock_timeout = {0}; SET LOCAL statement_timeout = {0}; SET LOCAL idle_in_transaction_session_timeout = {1}
"""
"""The server ends it as well where this process is frozen, or cannot be reached any more."""
_PASSING = ("55P03", "57014", "40P01", "XX000")
"""Not locked in time, ended in time, a deadlock, a row of pg_class that VACUUM has just changed."""


Arrive = Callable[[float], None]
"""Waits, for some seconds, until all that was committed is on another server. Raises `Late`."""


class Late(Exception):
    """Something has not arrived on another server in time."""


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
    connection: Connection,
    module: str,
    before: Row,
    step: Step,
    patience: float = PATIENCE_SECONDS,
    arrive: Arrive | None = None,
) -> Passage:
    """Make the other side the owner. Raises `Refused`; then nothing has changed.

    The connection is the tables' owner's, or of a member of that role. `arrive` is for a side on another server.
    """
    after = Row(before.epoch + 1, before.other, before.owner, step)

    def cross(found: Relations, hold: float) -> float:
        return _pass(connection, module, found, (before, after), hold, arrive)

    tries, seconds = _try_until_free(connection, module, cross, patience)
    return Passage(after, tries, seconds)


def hold(connection: Connection, module: str, arrive: Arrive, patience: float = PATIENCE_SECONDS) -> float:
    """Have writers wait while something arrives on another server; return for how many seconds they had to, at most.

    Raises `Refused`.
    """

    def wait(found: Relations, limit: float) -> float:
        lock = _locking(found, "SHARE ROW EXCLUSIVE")
        with connection.transaction(force_rollback=True):
            began = time.monotonic()
            connection.execute(sql.SQL(";").join([_limiting(limit, arrive), lock]))
            arrive(ARRIVAL_SECONDS)
        return time.monotonic() - began

    return _try_until_free(connection, module, wait, patience)[1]


def _try_until_free(
    connection: Connection, module: str, attempt: Callable[[Relations, float], float], patience: float
) -> tuple[int, float]:
    """Try something that locks all tables, each time for longer; return how often, and what it came to at last."""
    deadline, pause, tries = time.monotonic() + patience, FIRST_PAUSE_SECONDS, 0
    [[deadlock_timeout]] = connection.execute(_DEADLOCK_TIMEOUT)
    longest = min(MAX_HOLD_SECONDS, deadlock_timeout * 0.7)
    while True:
        found = relations.find(connection)
        _wait_for_open(connection, found, deadline)
        limit = min(FIRST_HOLD_SECONDS * 1.5**tries, longest)
        tries += 1
        try:
            return tries, attempt(found, limit)
        except Late as late:
            if time.monotonic() > deadline:
                raise Refused(f"{module} {late}: try again when less is written") from None
        except psycopg.Error as error:
            if error.sqlstate not in _PASSING:
                raise
            if time.monotonic() > deadline:
                busy = _busy(connection, found, 0)
                what = str(busy) if busy else str(error).strip()
                raise Refused(f"{module} is written to without a pause, {what}: end that, and try again") from None
        time.sleep(pause)
        pause = min(2 * pause, MAX_PAUSE_SECONDS)


def open_to(connection: Connection, module: str, after: Row) -> None:
    """Let the owner write to its own database, which nobody wrote to before the fence. Again is as good as once."""
    found, before = relations.find(connection), row.read(connection, module)
    if before and before.epoch >= after.epoch:
        return
    with connection.transaction():
        row.write(connection, module, after, before.epoch if before else 0)
        opening = [*_releasing(module), *relations.allowing_writing(found, after.owner.role)]
        connection.execute(sql.SQL(";").join(opening))


def _pass(
    connection: Connection,
    module: str,
    found: Relations,
    change: tuple[Row, Row],
    limit: float,
    arrive: Arrive | None,
) -> float:
    before, after = change
    opening = [] if arrive else [*_releasing(module), *relations.allowing_writing(found, after.owner.role)]
    # In one message: what writers wait for must not wait for the network.
    statements = [
        _limiting(limit, arrive),
        _locking(found, "SHARE ROW EXCLUSIVE"),
        row.writing(module, after, before.epoch),
        *relations.refusing_writing(found, before.owner.role),
        *opening,
        relations.asking_who_writes(found, before.owner.role),
    ]
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{VACUUM_SECONDS}s'")
        # Holds up VACUUM and changes of the schema alone; one that is under way gives way after a second.
        connection.execute(_locking(found, "SHARE UPDATE EXCLUSIVE"))
        began = time.monotonic()
        written, writable = _rows(connection.execute(sql.SQL(";").join(statements)))
        if not written:
            raise row.changed_meanwhile(module)
        if writable:
            raise Refused(
                f"the role {before.owner.role} may write to {writable[0][0]} all the same, as a superuser, by another "
                "role or by a grant to everybody: take that from it first"
            )
        if arrive:
            arrive(ARRIVAL_SECONDS)
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


def _limiting(limit: float, arrive: Arrive | None) -> sql.Composed:
    idle = limit + (2 * ARRIVAL_SECONDS if arrive else 0)
    return sql.SQL(_LIMIT).format(int(limit * 1000), int(idle * 1000))


def _locking(found: Relations, mode: str) -> sql.Composed:
    tables = relations.names_of(sorted(found.tables, key=_by_turn))
    return sql.SQL("LOCK TABLE {} IN {} MODE").format(tables, sql.SQL(mode))


def _releasing(module: str) -> list[sql.Composed]:
    return [sql.SQL(statement).format(module=sql.Literal(module)) for statement in RELEASE_LEASES]


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
