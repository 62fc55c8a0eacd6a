"""Whether the rows of two databases are the same, asked of both by the same SQL."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from extraction.data import policies
from extraction.data.database import Connection
from extraction.data.schema import Table

SAME_AS_EQUAL = frozenset({"bool", "bytea", "date", "int2", "int4", "int8", "timestamp", "timestamptz", "uuid"})
"""Types whose equal values are the same: not `numeric`, where 1.0 equals 1.00. Others are taken as text."""
NAMED = 3
"""Rows of a table that are named."""


class Checksum(NamedTuple):
    """What a table comes to, in whatever order its rows are."""

    rows: int
    total: str


class Checker:
    """Takes checksums in one database, beside whatever else is done; each table once.

    Those of `hidden` tables are taken on `holder`, once they are asked for: it locks them to see all of their rows.
    """

    def __init__(self, connection: Connection, hidden: frozenset[str], holder: Connection) -> None:
        self._connection = connection
        self._hidden, self._holder = hidden, holder
        self._seen: dict[str, Checksum] = {}
        self._thread = ThreadPoolExecutor(1)
        self._asked: dict[str, Future[Checksum]] = {}

    def begin(self, table: Table) -> None:
        """Have a table's checksum taken, unless it was."""
        if table.name not in self._asked and table.name not in self._hidden:
            self._asked[table.name] = self._thread.submit(checksum, self._connection, table)

    def forget(self, table: Table) -> None:
        """Have it taken anew the next time, as the table has changed."""
        self._asked.pop(table.name, None)
        self._seen.pop(table.name, None)

    def get(self, table: Table) -> Checksum:
        """A table's checksum, once it is there."""
        if table.name in self._hidden:
            if table.name not in self._seen:
                with self._holder.transaction(force_rollback=True):
                    policies.lift(self._holder, table)
                    self._seen[table.name] = checksum(self._holder, table)
            return self._seen[table.name]
        self.begin(table)
        return self._asked[table.name].result()

    def end(self) -> None:
        """Take no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if not all(future.done() for future in self._asked.values()):
            with suppress(psycopg.Error):
                self._connection.cancel_safe()
        self._thread.shutdown()


@contextmanager
def checker(
    connection: Connection, hidden: frozenset[str] = frozenset(), holder: Connection | None = None
) -> Iterator[Checker]:
    """Takes checksums until the end of the block, and none beyond it."""
    made = Checker(connection, hidden, holder or connection)
    try:
        yield made
    finally:
        made.end()


def checksum(connection: Connection, table: Table) -> Checksum:
    """How many rows a table has, and what their hashes sum up to."""
    statement = sql.SQL("SELECT count(*), coalesce(sum({}), 0)::text FROM ONLY {}")
    [row] = connection.execute(statement.format(_hash(table), table.identifier))
    return Checksum(*row)


def rows_that_differ(source: Connection, target: Connection, table: Table) -> str:
    """Some of the rows that differ, by their keys. Both connections are in a transaction."""
    if not table.key:
        return "it has no primary key to name rows by"
    found = list(islice(_merged(_rows(source, table), _rows(target, table)), NAMED + 1))
    return ", ".join(found[:NAMED]) + (", …" if len(found) > NAMED else "")


def _merged(source: Iterator[tuple[Any, ...]], target: Iterator[tuple[Any, ...]]) -> Iterator[str]:
    ours, theirs = next(source, None), next(target, None)
    while ours or theirs:
        if theirs is None or (ours and ours[0] < theirs[0]):
            yield f"{ours[0] if ours else ''} is missing"
            ours = next(source, None)
        elif ours is None or theirs[0] < ours[0]:
            yield f"{theirs[0]} is not in the source"
            theirs = next(target, None)
        else:
            if ours[1] != theirs[1]:
                yield f"{ours[0]} is different"
            ours, theirs = next(source, None), next(target, None)


def _rows(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    """Key and hash of each row, in an order that both databases and Python agree on."""
    key = sql.SQL(" || ', ' || ").join(
        sql.SQL("{} || '=' || {}::text").format(sql.Literal(name), sql.Identifier(name)) for name in table.key
    )
    with connection.cursor(name="rows") as rows:
        rows.itersize = 10_000
        statement = sql.SQL('SELECT ({}) COLLATE "C", {} FROM ONLY {} ORDER BY 1')
        yield from rows.execute(statement.format(key, _hash(table), table.identifier))


def _hash(table: Table) -> sql.Composable:
    values = (
        sql.SQL("{}" if column.kind in SAME_AS_EQUAL else '{}::text COLLATE "C"').format(sql.Identifier(column.name))
        for column in table.columns
    )
    return sql.SQL("hash_record_extended(ROW({}), 0)").format(sql.SQL(", ").join(values))
