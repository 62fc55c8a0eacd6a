"""Compare a module's database with the one that it was copied into."""

from contextlib import ExitStack, closing
from typing import NamedTuple

from extraction.data import files, policies, schema
from extraction.data.checksums import checker, rows_that_differ
from extraction.data.copying import compared, counted, explained, used_by
from extraction.data.database import Connection, Database
from extraction.data.progress import Bar
from extraction.data.schema import MARK, Schema, position
from extraction.processes.errors import Refused


class Compared(NamedTuple):
    """What a comparison came to."""

    tables: int
    rows: int
    different: list[str]
    """A line for each table and sequence that differs."""

    def __str__(self) -> str:
        return f"{self.tables} tables, {self.rows:,} rows"


def verify(source: Database, target: Database, module: str, bar: Bar) -> Compared:
    """Compare both, each in a snapshot. Raises `Refused`."""
    with (
        explained(),
        closing(source.connect()) as ours,
        closing(target.connect()) as theirs,
        ExitStack() as stack,
    ):
        hidden = {ours: policies.find_hidden(ours, "source"), theirs: policies.find_hidden(theirs, "target")}
        for connection, names in hidden.items():
            if names and (user := used_by(connection)):
                raise Refused(
                    f"a process that runs has {sorted(names)[0]} open ({user}), and to see all of its rows locks "
                    "others out: stop the deployable, or log in as a role with BYPASSRLS"
                )
        stack.enter_context(ours.transaction(force_rollback=True))
        stack.enter_context(theirs.transaction(force_rollback=True))
        for connection, names in hidden.items():
            writes = "READ WRITE" if names else "READ ONLY"
            connection.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, {writes}")
        if schema.exists(theirs, MARK):
            raise Refused("the copy is not complete: the same data copy as before goes on with it")
        found = compared(ours, theirs, module)
        for connection, names in hidden.items():
            policies.lift(connection, *(found.tables[name] for name in names if name in found.tables))
        rows, different = compare_rows(found, ours, theirs, bar)
        different += _sequences(found, ours, theirs)
        different += files.differences(ours, source, target)
        if different and (users := _users(ours, theirs)):
            different.append(f"a process that runs has {users} open, and may have written to it")
        return Compared(len(found.tables), rows, different)


def compare_rows(found: Schema, ours: Connection, theirs: Connection, bar: Bar) -> tuple[int, list[str]]:
    """Count the rows of the tables, and tell in which they differ. Both connections are in a transaction."""
    bar.expect("comparing", sum(table.size for table in found.tables.values()))
    unlike = []
    with checker(ours) as here, checker(theirs) as there:
        for table in found.tables.values():
            here.begin(table)
            there.begin(table)
        for table in found.tables.values():
            if (left := here.get(table)) != (right := there.get(table)):
                unlike.append((table, left, right))
            bar.finish(table)
        rows = sum(here.get(table).rows for table in found.tables.values())
    return rows, [
        f"{table.name}: {counted(left.rows, 'row')} in the source, {right.rows:,} in the target: "
        f"{rows_that_differ(ours, theirs, table)}"
        for table, left, right in unlike
    ]


def _sequences(found: Schema, ours: Connection, theirs: Connection) -> list[str]:
    """Such as would give out again what the source has given out."""
    different = []
    for name in found.sequences:
        left, right = position(ours, name), position(theirs, name)
        if left > right:
            different.append(f"{name}: at {left[0]} in the source, at {right[0]} in the target")
    return different


def _users(ours: Connection, theirs: Connection) -> str:
    found = {"the source": used_by(ours), "the target": used_by(theirs)}
    return " and ".join(f"{role} ({name})" for role, name in found.items() if name)
