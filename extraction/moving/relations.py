"""What in a database is a module's to write to, and who may."""

from collections.abc import Iterable
from typing import NamedTuple

from psycopg import sql

from extraction.data.database import Connection
from extraction.data.schema import OWN, OWNERSHIP, TOKENS

_RELATIONS = f"""
    SELECT nspname, relname, relkind::text, pg_get_userbyid(relowner)::text, c.oid::bigint,
        EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid
                AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i') AND relkind = 'S')
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND {OWN}
    ORDER BY array_position('{{p,r,S,v,m,f}}'::text[], relkind::text), nspname, relname
"""  # noqa: S608  names and numbers of ours alone  # nosec B608
_MAY_WRITE = """
    SELECT oid::regclass::text FROM unnest({oids}::bigint[]) AS relation (number) JOIN pg_class ON oid = number::oid
    WHERE has_table_privilege({role}, oid, 'INSERT, UPDATE, DELETE, TRUNCATE') ORDER BY 1 LIMIT 1
"""
TABLES, SEQUENCE, FOREIGN = ("r", "p"), "S", "f"


class Relation(NamedTuple):
    """A table, view or sequence."""

    schema: str
    name: str
    kind: str
    """As `pg_class.relkind` has it."""
    owner: str
    oid: int
    is_linked: bool
    """Whether it is a sequence of a table's column, whose owner is the table's."""

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


class Relations(NamedTuple):
    """All that a module has in its database, but for the row that says who owns it."""

    tables: tuple[Relation, ...]
    sequences: tuple[Relation, ...]
    views: tuple[Relation, ...]
    ownership: Relation | None

    @property
    def writable(self) -> tuple[Relation, ...]:
        return (*self.tables, *self.views)

    @property
    def all(self) -> tuple[Relation, ...]:
        return (*self.tables, *self.sequences, *self.views, *((self.ownership,) if self.ownership else ()))


def find(connection: Connection) -> Relations:
    """Read what there is."""
    found = [Relation(*row) for row in connection.execute(_RELATIONS)]
    own = [each for each in found if each.name not in (OWNERSHIP, TOKENS)]
    return Relations(
        tuple(each for each in own if each.kind in TABLES),
        tuple(each for each in own if each.kind == SEQUENCE),
        tuple(each for each in own if each.kind not in (*TABLES, SEQUENCE)),
        next((each for each in found if each.name == OWNERSHIP), None),
    )


def names_of(relations: Iterable[Relation]) -> sql.Composed:
    """Name relations for a statement."""
    return sql.SQL(", ").join(each.identifier for each in relations)


def allowing_writing(found: Relations, role: str) -> list[sql.Composed]:
    """Make the statements that let a role read and write all of it, but the row that says who owns it."""
    to = sql.Identifier(role)
    granting = [sql.SQL("GRANT ALL ON {} TO {}").format(names_of(found.writable), to)]
    if found.sequences:
        granting.append(sql.SQL("GRANT ALL ON SEQUENCE {} TO {}").format(names_of(found.sequences), to))
    return [*granting, allowing_reading(found, role)]


def allowing_reading(found: Relations, role: str) -> sql.Composed:
    """Make the statement that lets a role read all of it."""
    return sql.SQL("GRANT SELECT ON {} TO {}").format(names_of(found.all), sql.Identifier(role))


def refusing_writing(found: Relations, role: str) -> list[sql.Composed]:
    """Make the statements that let a role read all of it, and write to nothing."""
    whom = sql.Identifier(role)
    revoking = [sql.SQL("REVOKE ALL ON {} FROM {}").format(names_of(found.writable), whom)]
    if found.sequences:
        revoking.append(sql.SQL("REVOKE ALL ON SEQUENCE {} FROM {}").format(names_of(found.sequences), whom))
    return [*revoking, allowing_reading(found, role)]


def asking_who_writes(found: Relations, role: str) -> sql.Composed:
    """Make the question for something that a role may write to, in whatever way it came by that."""
    oids = sql.Literal([each.oid for each in found.writable])
    return sql.SQL(_MAY_WRITE).format(oids=oids, role=sql.Literal(role))
