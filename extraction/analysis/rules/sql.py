"""Another module's tables, named in SQL."""

import ast
from collections.abc import Iterator

from extraction.analysis import statements, tables
from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.analysis.statements import Interest
from extraction.analysis.string_values import evaluate_strings, texts
from extraction.reading.source import Source, argument

NAMING = {"psycopg.sql.Identifier": (0, "strings"), "django.db.migrations.AlterModelTable": (1, "table")}
"""Calls that take the name of a table, and where."""
NAMING_METHODS = {
    "copy_from": (1, "table"),
    "copy_to": (1, "table"),
    "get_constraints": (1, "table_name"),
    "get_primary_key_columns": (1, "table_name"),
    "get_relations": (1, "table_name"),
    "get_sequences": (1, "table_name"),
    "get_table_description": (1, "table_name"),
    "quote_name": (0, "name"),
}
"""Methods that do, whatever they are of."""
FIX = "read only your own tables, and ask its module through the contract"


@rule
def tables_in_sql(subject: Subject) -> Iterator[Finding]:
    """SQL in a string, or in a `.sql` file, that names a table of another module."""
    for source in subject.sources:
        for value, line, _ in texts(source):
            for table, offset, owner in _foreign_tables(subject, value):
                yield _finding(source.path, line + offset, table, owner)
    for path in subject.project.files(subject.project.folder(subject.module)):
        if path.endswith(".sql"):
            sql = (subject.project.root / path).read_text()
            for table, offset, owner in _foreign_tables(subject, sql):
                yield _finding(path, 1 + offset, table, owner)


@rule
def tables_of_models(subject: Subject) -> Iterator[Finding]:
    """A model of one's own laid over another module's table, and SQL that is told its tables by their names."""
    for source in subject.sources:
        for name, line in _table_names(source):
            table = name.replace('"', "").rpartition(".")[2]
            if owner := tables.of(subject.project).foreign(subject.module, table):
                yield _finding(source.path, line, table, owner)


def _table_names(source: Source) -> Iterator[tuple[str, int]]:
    """The names of tables that are given to models, to migrations, to `extra(tables=…)`, or to be put into SQL."""
    named: list[tuple[ast.expr | None, int]] = []
    for node in source.nodes:
        match node:
            case ast.Dict(keys=keys, values=values):
                pairs = zip(keys, values, strict=True)
                named += [(value, value.lineno) for key, value in pairs if "db_table" in evaluate_strings(source, key)]
            case ast.Assign(targets=targets, value=value):
                if any("db_table" in (getattr(t, "id", ""), getattr(t, "attr", "")) for t in targets):
                    named.append((value, node.lineno))
    for name, call in source.calls():
        place = NAMING.get(name) or NAMING_METHODS.get(name.rpartition(".")[2])
        if place:
            named.append((argument(call, *place), call.lineno))
        named += [(keyword.value, call.lineno) for keyword in call.keywords if keyword.arg == "db_table"]
        if name.rpartition(".")[2] == "extra":
            listed = (e for k in call.keywords if k.arg == "tables" for e in getattr(k.value, "elts", ()))
            named += [(element, call.lineno) for element in listed]
    for expression, line in named:
        yield from ((name, line) for name in evaluate_strings(source, expression))


def _finding(path: str, line: int, table: str, owner: str) -> Finding:
    whose = "the deployable's own" if owner == tables.DEPLOYABLE else "another module's"
    return Finding(path, line, "sql", f"the table {table} is {whose}", FIX)


def _foreign_tables(subject: Subject, sql: str) -> Iterator[tuple[str, int, str]]:
    known = tables.of(subject.project)

    def is_foreign(name: str) -> bool:
        return known.foreign(subject.module, name) is not None

    interest = Interest(is_foreign, lambda name: is_foreign(name) and known.is_known(name))
    for found in statements.named(sql, interest):
        yield found.name, found.offset, known.foreign(subject.module, found.name) or ""
