"""What a database has: tables with their columns and references, sequences, and which migrations made them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from psycopg import sql

from extraction.data.database import Connection
from seamline.databases.provision import MIGRATED_UNTIL

RUNTIME = "seamline"
MIGRATIONS = "django_migrations"
"""Compared, not copied: when a migration was applied to a database is that database's own affair."""
OWNERSHIP = "seamline_ownership"
"""Neither compared nor copied: it says of one database who owns it, and nothing of its copies."""
MARK = "extraction_copy"
"""A table of our own, in a target that is not complete."""
TOKENS = "extraction_move"
"""A table of our own, in both databases of a move between servers: what was written to one has arrived in the other."""
LEFT_OUT = (MIGRATIONS, MARK, OWNERSHIP, TOKENS)

OWN = """
    nspname NOT LIKE 'pg\\_%%' AND nspname <> 'information_schema' AND relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM pg_depend
                    WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
"""
_TABLES = f"""
    SELECT nspname, relname, pg_table_size(c.oid),
        ARRAY(SELECT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conrelid = c.oid),
        ARRAY(SELECT ARRAY[tgname::text, tgenabled::text] FROM pg_trigger
              WHERE tgrelid = c.oid AND NOT tgisinternal AND tgenabled <> 'D'),
        ARRAY(SELECT conname::text FROM pg_constraint
              WHERE contype = 'f' AND conrelid = c.oid AND NOT condeferrable AND conparentid = 0),
        ARRAY(SELECT attname::text FROM pg_index JOIN pg_attribute ON attrelid = c.oid AND attnum = ANY(indkey)
              WHERE indrelid = c.oid AND indisprimary ORDER BY array_position(indkey::int2[], attnum)),
        c.oid::regclass::text, pg_table_is_visible(c.oid)
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind = 'r' AND relname <> ALL(%s) AND {OWN}
"""  # noqa: S608  names and numbers of ours alone  # nosec B608
_AS_TEXT = f"""
    WITH RECURSIVE part (relation, type) AS (
        SELECT c.oid, atttypid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
        JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped WHERE relkind = 'r' AND {OWN}
        UNION
        SELECT relation, inner_type FROM part JOIN pg_type AS t ON t.oid = part.type, LATERAL (
            SELECT unnest(ARRAY[typelem, typbasetype])
            UNION SELECT atttypid FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped
            UNION SELECT rngsubtype FROM pg_range WHERE t.oid IN (rngtypid, rngmultitypid)
        ) AS parts (inner_type) WHERE inner_type <> 0
    )
    SELECT DISTINCT relation::regclass::text FROM part JOIN pg_type AS t ON t.oid = part.type
    WHERE typsend = 0 OR typreceive = 0 OR typname LIKE 'reg%%' AND typnamespace = 'pg_catalog'::regnamespace
"""  # noqa: S608  names and numbers of ours alone  # nosec B608
"""Tables with a type that has no binary form, or one that stands for something by its number in this database."""
_COLUMNS = f"""
    SELECT c.oid::regclass::text, attname, typname, format_type(atttypid, atttypmod), attnotnull, attgenerated <> ''
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped JOIN pg_type AS t ON t.oid = atttypid
    WHERE relkind = 'r' AND relname <> ALL(%s) AND {OWN} ORDER BY 1, 2
"""  # noqa: S608  names and numbers of ours alone  # nosec B608
_SEQUENCES = f"""
    SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind = 'S' AND {OWN} AND NOT EXISTS (
        SELECT FROM pg_depend JOIN pg_class AS owner ON owner.oid = refobjid
        WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('a', 'i') AND owner.relname = ANY(%s))
    ORDER BY 1
"""  # noqa: S608  names and numbers of ours alone  # nosec B608
_MIGRATED_UNTIL = """
    SELECT mod(found[1]::numeric, 4294967296)::text
    FROM pg_database, regexp_match(obj_description('django_migrations'::regclass, 'pg_class'), %s) AS found
    WHERE datname = current_database()
    AND found[2:3] = ARRAY[oid::text, 'django_migrations'::regclass::oid::text]
"""
_APPLIED = "SELECT app || '.' || name FROM django_migrations WHERE app = ANY(%s)"


class Trigger(NamedTuple):
    """A trigger that fires."""

    name: str
    mode: str
    """When it does, as PostgreSQL keeps it: `O`, `A` for always, `R` on replicas."""


class Column(NamedTuple):
    """A column of a table."""

    name: str
    kind: str
    """Its type's name alone: `varchar`."""
    type: str
    required: bool
    generated: bool

    def __str__(self) -> str:
        return f"{self.name} {self.type}{' NOT NULL' if self.required else ''}{' GENERATED' if self.generated else ''}"


@dataclass(frozen=True)
class Table:
    """A table whose rows are copied."""

    name: str
    """As PostgreSQL writes it, with its schema where that is needed."""
    identifier: sql.Identifier
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    size: int
    references: frozenset[str]
    triggers: tuple[Trigger, ...]
    rigid_references: tuple[str, ...]
    """Foreign keys that are checked at the end of each statement, whatever is asked for."""
    as_text: bool
    """Whether its rows are sent as text, because not all of its types can be sent otherwise."""


@dataclass(frozen=True)
class Schema:
    """A module's database, without its rows."""

    tables: dict[str, Table]
    sequences: tuple[str, ...]
    migrations: frozenset[str]

    @property
    def groups(self) -> Iterator[tuple[Table, ...]]:
        """The tables, after those that they refer to; such as refer to each other are together."""
        reach = {name: self._reach(name) for name in self.tables}
        # Who refers to another reaches more than that one does, unless they reach each other.
        ordered = sorted(self.tables, key=lambda name: (len(reach[name]), sorted(reach[name]), name))
        for _, names in groupby(ordered, key=reach.__getitem__):
            yield tuple(self.tables[name] for name in names)

    def with_referring(self, names: Iterable[str]) -> frozenset[str]:
        """These tables, and all that refer to them: PostgreSQL empties them together or not at all."""
        wanted = set(names)
        return frozenset(name for name in self.tables if wanted & self._reach(name))

    def _reach(self, name: str) -> frozenset[str]:
        found, ahead = {name}, [name]
        while ahead:
            new = (self.tables[ahead.pop()].references & self.tables.keys()) - found
            found |= new
            ahead += new
        return frozenset(found)


def read(connection: Connection, module: str) -> Schema:
    """What the database of a module has."""
    left_out = [*LEFT_OUT]
    columns: dict[str, list[Column]] = {}
    for table, *column in connection.execute(_COLUMNS, [left_out]):
        columns.setdefault(table, []).append(Column(*column))
    as_text = {name for (name,) in connection.execute(_AS_TEXT)}
    tables = {
        shown: Table(
            shown,
            # What is found without its schema may lie in another one on the other side.
            sql.Identifier(name) if visible else sql.Identifier(schema, name),
            tuple(columns.get(shown, ())),
            tuple(key),
            size,
            frozenset(references),
            tuple(Trigger(*trigger) for trigger in triggers),
            tuple(rigid),
            shown in as_text,
        )
        for schema, name, size, references, triggers, rigid, key, shown, visible in connection.execute(
            _TABLES, [left_out]
        )
    }
    sequences = tuple(name for (name,) in connection.execute(_SEQUENCES, [left_out]))
    migrations: frozenset[str] = frozenset()
    if exists(connection, MIGRATIONS):
        applied = connection.execute(_APPLIED, [[RUNTIME, module]])
        migrations = frozenset(name for (name,) in applied)
    return Schema(tables, sequences, migrations)


def of_module(schema: Schema, own: Schema) -> Schema:
    """Return of a schema what a module's own database has, without the runtime's tables and the history of either."""
    wanted = {name for name in own.tables if not name.startswith(f"{RUNTIME}_")}
    tables = {name: table for name, table in schema.tables.items() if name in wanted}
    own_sequences = {name for name in own.sequences if not name.startswith(f"{RUNTIME}_")}
    return Schema(tables, tuple(name for name in schema.sequences if name in own_sequences), frozenset())


def position(connection: Connection, sequence: str) -> tuple[int, bool]:
    """Read what a sequence gave out last, or gives out next where it gave out nothing yet."""
    [[last, called]] = connection.execute(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608  names and numbers of ours alone  # nosec B608
    return last, called


def large_objects(connection: Connection) -> int:
    """Count the large objects of a database."""
    [[number]] = connection.execute("SELECT count(*) FROM pg_largeobject_metadata")
    return int(number)


def migrated_until(connection: Connection) -> str | None:
    """Find the transaction id until which nothing but migrating wrote to a database, where that is on record."""
    row = connection.execute(_MIGRATED_UNTIL, [MIGRATED_UNTIL]).fetchone() if exists(connection, MIGRATIONS) else None
    return str(row[0]) if row else None


def exists(connection: Connection, table: str) -> bool:
    """Whether there is such a table."""
    [[found]] = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
    return bool(found)


def differences(source: Schema, target: Schema) -> list[str]:
    """What one of two databases has and the other has not.

    Of the runtime's own tables the target may have more, for its runtime may be a later one.
    """
    ours, theirs = ({each for each in side.migrations if each.startswith(f"{RUNTIME}.")} for side in (source, target))
    if theirs and (older := sorted(ours - theirs)):
        remedy = "data goes to the same or a later one, so update the target's first"
        return [f"the target's runtime is older than the source's, and lacks the migration {older[0]}: {remedy}"]
    target = _without_later(source, target)
    return [
        *_unlike("migration", source.migrations, target.migrations),
        *_unlike("table", source.tables.keys(), target.tables.keys()),
        *_unlike("column", _columns(source, target), _columns(target, source)),
        *_unlike("sequence", source.sequences, target.sequences),
    ]


def _without_later(source: Schema, target: Schema) -> Schema:
    """Leave out what a later version of the runtime has added to its tables: rows can do without."""
    added = {each for each in target.migrations - source.migrations if each.startswith(f"{RUNTIME}.")}
    if not added:
        return target
    own = f"{RUNTIME}_"
    known = {name: {column.name for column in table.columns} for name, table in source.tables.items()}
    tables = {
        name: replace(table, columns=tuple(each for each in table.columns if each.name in known[name]))
        if name.startswith(own)
        else table
        for name, table in target.tables.items()
        if name in known or not name.startswith(own)
    }
    sequences = tuple(name for name in target.sequences if name in source.sequences or not name.startswith(own))
    return Schema(tables, sequences, target.migrations - added)


def _columns(schema: Schema, other: Schema) -> list[str]:
    both = schema.tables.keys() & other.tables.keys()
    return [f"{name}.{column}" for name in both for column in schema.tables[name].columns]


def _unlike(kind: str, source: Iterable[str], target: Iterable[str]) -> Iterator[str]:
    ours, theirs = set(source), set(target)
    yield from (f"the target lacks the {kind} {name}" for name in sorted(ours - theirs))
    yield from (f"the source lacks the {kind} {name}" for name in sorted(theirs - ours))
