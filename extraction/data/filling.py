"""Fill the tables of a target with the rows of a source, each table whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import sql

from extraction.data import policies
from extraction.data.checksums import Checker
from extraction.data.database import Connection
from extraction.data.progress import Bar
from extraction.data.schema import OWN, Schema, Table, Trigger, position

CHUNK = 1 << 18
_ENABLE = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}
_VIEWS = f"""
    SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind = 'm' AND relispopulated AND {OWN} ORDER BY c.oid
"""  # noqa: S608  names and numbers of ours alone  # nosec B608
"""Those that have rows, after those that they are made from."""


@dataclass(frozen=True)
class Filling:
    """Two databases with the same tables, of which one is filled."""

    reading: Connection
    writing: Connection
    found: Schema
    hidden: frozenset[str]
    """Tables of the target whose policies hold for their owner."""
    bar: Bar

    def fill(self, kept: frozenset[str], ours: Checker, theirs: Checker) -> None:
        """Fill all tables but those that are `kept`, and set the sequences."""
        missing = [table for table in self.found.tables.values() if table.name not in kept]
        self.bar.expect("copying", sum(table.size for table in missing))
        self._empty(missing)
        for group in self.found.groups:
            wanted = [table for table in group if table.name not in kept]
            with self.writing.transaction(), self._unhindered(wanted):
                for table in wanted:
                    ours.begin(table)
                    theirs.forget(table)
                    self._stream(table)
            for table in wanted:
                theirs.begin(table)
        for name in self.found.sequences:
            self.writing.execute("SELECT setval(%s::regclass, %s, %s)", [name, *position(self.reading, name)])

    def _empty(self, tables: list[Table]) -> None:
        """Empty the tables, and none that inherits from them."""
        if tables:
            names = sql.SQL(", ").join(sql.SQL("ONLY {}").format(table.identifier) for table in tables)
            with self.writing.transaction(), self._without_triggers(tables):
                self.writing.execute(sql.SQL("TRUNCATE {}").format(names))

    def _stream(self, table: Table) -> None:
        columns = [sql.Identifier(column.name) for column in table.columns if not column.generated]
        if columns:
            how = sql.SQL("" if table.as_text else " (FORMAT binary)")
            what = sql.SQL("{} ({})").format(table.identifier, sql.SQL(", ").join(columns))
            self._pipe(
                table,
                sql.SQL("COPY {} TO STDOUT{}").format(what, how),
                sql.SQL("COPY {} FROM STDIN{}").format(what, how),
            )
        else:
            # COPY wants a column, and such rows have nothing of their own but their number.
            [[rows]] = self.reading.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(table.identifier))
            insert = sql.SQL("INSERT INTO {} SELECT FROM generate_series(1, {})").format(table.identifier, rows)
            self.writing.execute(insert)
        self.bar.finish(table)

    def _pipe(self, table: Table, out: sql.Composed, into: sql.Composed) -> None:
        sent, held = 0, bytearray()
        with self.reading.cursor().copy(out) as rows, self.writing.cursor().copy(into) as sink:
            for row in rows:
                held += row
                if len(held) >= CHUNK:
                    sink.write(bytes(held))
                    sent += len(held)
                    self.bar.reach(table, sent)
                    held.clear()
            sink.write(bytes(held))

    @contextmanager
    def _unhindered(self, tables: list[Table]) -> Iterator[None]:
        """Have neither policies nor triggers nor the order of rows in the way: all of it is right in the source."""
        hidden = [table for table in tables if table.name in self.hidden]
        policies.lift(self.writing, *hidden)
        with self._without_triggers(tables), self._references_deferred(tables):
            yield
        policies.restore(self.writing, *hidden)

    @contextmanager
    def _without_triggers(self, tables: list[Table]) -> Iterator[None]:
        """Have no trigger fire: what they did is in the rows already."""
        for table in tables:
            for trigger in table.triggers:
                self._switch(table, trigger, "DISABLE")
        yield
        for table in tables:
            for trigger in table.triggers:
                self._switch(table, trigger, _ENABLE[trigger.mode])

    def _switch(self, table: Table, trigger: Trigger, how: str) -> None:
        statement = sql.SQL("ALTER TABLE {} {} TRIGGER {}")
        self.writing.execute(statement.format(table.identifier, sql.SQL(how), sql.Identifier(trigger.name)))

    @contextmanager
    def _references_deferred(self, tables: list[Table]) -> Iterator[None]:
        """Let rows that a row refers to come after it."""
        # Within one table the end of the statement is late enough.
        rigid = [(table, name) for table in tables for name in table.rigid_references] if len(tables) > 1 else []
        alter = sql.SQL("ALTER TABLE {} ALTER CONSTRAINT {} {}")
        for table, name in rigid:
            self.writing.execute(alter.format(table.identifier, sql.Identifier(name), sql.SQL("DEFERRABLE")))
        self.writing.execute("SET CONSTRAINTS ALL DEFERRED")
        yield
        # A table cannot be altered while checks of it are pending.
        self.writing.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, name in rigid:
            self.writing.execute(alter.format(table.identifier, sql.Identifier(name), sql.SQL("NOT DEFERRABLE")))


def refresh_views(reading: Connection, writing: Connection) -> None:
    """Fill the target's materialized views that have rows in the source."""
    # Their owner fills them, and sees of other tables what policies show.
    writing.execute("SET row_security = on")
    for (name,) in reading.execute(_VIEWS).fetchall():
        writing.execute(f"REFRESH MATERIALIZED VIEW {name}")
