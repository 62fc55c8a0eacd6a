"""Copy a module's database into another.

A table is there in whole or not at all: tables that refer to each other are one transaction, every other has its own.
While the target is not complete, it has a table that says so. Whoever copies into it again takes a new snapshot, keeps
the tables whose checksums are what the source has now, and copies the others anew; so a copy that was interrupted is,
once it is complete, of one snapshot like any other.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from extraction.data import files, policies, schema
from extraction.data.checksums import Checker, checker
from extraction.data.database import Connection, Database, first_line
from extraction.data.files import Carried
from extraction.data.filling import Filling, refresh_views
from extraction.data.progress import Bar
from extraction.data.schema import MARK, Schema, Table
from extraction.processes.errors import Refused

LOCK = 7327
"""Advisory lock of whoever copies into a database."""
SNAPSHOT = ", or copy a mere snapshot with --while-running"
FILLED = frozenset({"seamline_job", "seamline_subscription"})
"""What migrating or a first start puts rows into, all of which the source knows better."""

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ"
_IN_USE = """
    SELECT application_name FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'seam:%' LIMIT 1
"""


@dataclass(frozen=True)
class Copied:
    """What a copy came to."""

    tables: int
    rows: int
    size: int
    seconds: float
    files: Carried | None
    """None where it was not known where they are."""

    def __str__(self) -> str:
        return f"{self.tables} tables, {self.rows:,} rows, {megabytes(self.size)}, in {self.seconds:.1f} s"


def copy(
    source: Database,
    target: Database,
    module: str,
    bar: Bar,
    say: Callable[[str], None],
    *,
    replace: bool = False,
    while_running: bool = False,
    is_shared: bool = False,
) -> Copied:
    """Copy everything in `source` into `target`, and check that it arrived. Raises `Refused`.

    Of a source that `is_shared`, the common database of several, only the tables are copied that the target has of the
    module: not the runtime's, whose messages are of all that share them.

    `replace` deletes what the target has. `while_running` copies what others may write to: a snapshot, for a rehearsal.
    """
    begun = time.monotonic()
    with (
        explained(),
        closing(source.connect()) as reading,
        closing(source.connect()) as counting,
        closing(target.connect()) as writing,
        closing(target.connect()) as counting_there,
    ):
        _enter(reading, writing)
        found = compared(reading, writing, module, is_shared=is_shared)
        hidden = policies.find_hidden(reading, "source")
        hidden_there = policies.find_hidden(writing, "target")
        _refuse_if_used(writing, "target", target)
        if not while_running:
            _refuse_if_used(reading, "source", source, SNAPSHOT)
        elif hidden:
            raise Refused(
                f"policies hide rows of {sorted(hidden)[0]} from its owner too, and to lift them locks out whoever "
                "runs: log in as a role with BYPASSRLS, or copy without --while-running"
            )
        if number := schema.large_objects(reading):
            say(f"not copied: {counted(number, 'large object')}, which no table has")
        going_on = _is_free(found, writing, replace, hidden_there)
        _begin(reading, counting, found if not while_running else None, hidden)
        with (
            checker(counting, hidden, reading) as ours,
            checker(counting_there, hidden_there, writing) as theirs,
        ):
            writing.execute(f"CREATE TABLE IF NOT EXISTS {MARK} (began timestamptz NOT NULL DEFAULT now())")
            kept = _kept(found, ours, theirs, bar) if going_on else frozenset()
            if kept:
                say(f"{len(kept)} of {len(found.tables)} tables are in the target already, the same as in the source")
            if len(kept) < len(found.tables):
                say(f"copying {counted(len(found.tables) - len(kept), 'table')}, {megabytes(_size(found, kept))}")
            Filling(reading, writing, found, hidden_there, bar).fill(kept, ours, theirs)
            rows = _checked(found, bar, ours, theirs)
        carried = files.copy(reading, source, target, say)
        _refuse_if_used(writing, "target", target)
        if not while_running:
            _refuse_if_used(reading, "source", source, SNAPSHOT)
        if not is_shared:
            refresh_views(reading, writing)
        writing.execute(f"DROP TABLE {MARK}")
        return Copied(len(found.tables), rows, _size(found), time.monotonic() - begun, carried)


def refuse_unready(source: Database, module: str) -> None:
    """Make sure that nothing about the source is in the way of a copy. Raises `Refused`."""
    with explained(), closing(source.connect()) as reading:
        _complete(reading, module)
        _refuse_if_used(reading, "source", source)


def compared(source: Connection, target: Connection, module: str, *, is_shared: bool = False) -> Schema:
    """What both databases have. Raises `Refused` when one is not like the other, or not complete itself."""
    found = _complete(source, module)
    wanted = schema.read(target, module)
    if is_shared:
        found, wanted = schema.of_module(found, wanted), schema.of_module(wanted, wanted)
        if not found.tables:
            raise Refused(f"the target has no tables of {module}: migrate it first (python manage.py migrate_all)")
    if unlike := schema.differences(found, wanted):
        more = f" (and {counted(len(unlike) - 1, 'more difference')})" if unlike[1:] else ""
        raise Refused(
            f"{unlike[0]}{more}: have both sides at the same version of the module, and migrate them "
            "(python manage.py migrate_all)"
        )
    return found


def _complete(source: Connection, module: str) -> Schema:
    if schema.exists(source, MARK):
        raise Refused("the source is a copy that was interrupted: complete it first, or copy from the original")
    found = schema.read(source, module)
    if not found.migrations:
        raise Refused(f"the source is not a database of {module}: it has none of its migrations")
    return found


def used_by(connection: Connection) -> str | None:
    """Which deployable has the database open, by the name that its connections bear."""
    row = connection.execute(_IN_USE).fetchone()
    return str(row[0]) if row else None


@contextmanager
def explained() -> Iterator[None]:
    """Whatever PostgreSQL says against it is a refusal."""
    try:
        yield
    except psycopg.errors.LockNotAvailable:
        raise Refused("somebody else has locked the tables: end other work on both databases, and try again") from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refused(f"{first_line(error)}: log in as the role that owns the database") from None
    except psycopg.OperationalError as error:
        raise Refused(f"{first_line(error)}: see to that, and the same command goes on") from None
    except psycopg.Error as error:
        raise Refused(f"PostgreSQL refuses: {first_line(error)}") from None


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 1e6:,.0f} MB" if size >= 10_000_000 else f"{size / 1e6:,.1f} MB"


def counted(number: int, what: str) -> str:
    """A number of things for people."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _enter(reading: Connection, writing: Connection) -> None:
    """Be the only copy into the target, and not one into itself."""
    try:
        writing.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    except psycopg.errors.LockNotAvailable:
        raise Refused("another copy into the target is under way: let it end first") from None
    [[free]] = reading.execute("SELECT pg_try_advisory_lock_shared(%s)", [LOCK])
    if not free:
        raise Refused("the source is the target, or is itself copied into at the moment")


def _refuse_if_used(connection: Connection, role: str, place: Database, instead: str = "") -> None:
    if name := used_by(connection):
        raise Refused(
            f"a process that runs has the {role} open ({name}, {place}): "
            f"stop the deployable, its workers too, and try again{instead}"
        )


def _is_free(found: Schema, writing: Connection, replace: bool, hidden: frozenset[str]) -> bool:
    """Whether the target has rows that may be kept or deleted. Raises `Refused` when it has others."""
    if replace or schema.exists(writing, MARK):
        return True
    wanted = [table for table in found.tables.values() if table.name not in FILLED]
    with writing.transaction(force_rollback=True):
        policies.lift(writing, *(table for table in wanted if table.name in hidden))
        migrated = schema.migrated_until(writing)
        full = [table.name for table in wanted if has_rows(writing, table, migrated)]
    if full:
        more = f" and {counted(len(full) - 1, 'more table')}" if full[1:] else ""
        raise Refused(
            f"the target has rows already, in {full[0]}{more}: --replace deletes them, or name a new database"
        )
    return False


def has_rows(connection: Connection, table: Table, migrated: str | None) -> bool:
    """Whether there are rows but those that migrating put there, where it is known until when it did."""
    which = sql.SQL("WHERE age(xmin) < age({}::xid)").format(migrated) if migrated else sql.SQL("")
    query = sql.SQL("SELECT EXISTS (SELECT FROM ONLY {} {})").format(table.identifier, which)
    [[found]] = connection.execute(query)
    return bool(found)


def _begin(reading: Connection, counting: Connection, locked: Schema | None, hidden: frozenset[str]) -> None:
    """Have both connections see one snapshot, from which on nobody writes to what is locked.

    What is `hidden` from the owner is shown to `reading`, whose transaction is never committed.
    """
    reading.execute(_BEGIN if hidden else f"{_BEGIN}, READ ONLY")
    if locked:
        names = sql.SQL(", ").join(table.identifier for table in locked.tables.values())
        reading.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(names))
        policies.lift(reading, *(locked.tables[name] for name in sorted(hidden)))
    [[snapshot]] = reading.execute("SELECT pg_export_snapshot()")
    counting.execute(f"{_BEGIN}, READ ONLY")
    counting.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))


def _kept(found: Schema, ours: Checker, theirs: Checker, bar: Bar) -> frozenset[str]:
    """The tables that are in the target as they are in the source, and refer to none that is not."""
    bar.expect("comparing", _size(found))
    _take_all(found, ours, theirs)
    stale = set()
    for table in found.tables.values():
        if ours.get(table) != theirs.get(table):
            stale.add(table.name)
        bar.finish(table)
    return frozenset(found.tables.keys() - found.with_referring(stale))


def _checked(found: Schema, bar: Bar, ours: Checker, theirs: Checker) -> int:
    """How many rows there are, the same on both sides. Raises `Refused` when they are not."""
    bar.expect("checking", _size(found))
    for table in found.tables.values():
        if ours.get(table) != theirs.get(table):
            raise Refused(f"{table.name} is not what was sent: find out who writes to the target, and copy again")
        bar.finish(table)
    return sum(ours.get(table).rows for table in found.tables.values())


def _take_all(found: Schema, *checkers: Checker) -> None:
    for each in checkers:
        for table in found.tables.values():
            each.begin(table)


def _size(found: Schema, without: frozenset[str] = frozenset()) -> int:
    return sum(table.size for table in found.tables.values() if table.name not in without)
