"""Another module's tables, named in SQL."""

import ast
import re
from collections.abc import Iterator
from functools import cache

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.analysis.texts import spelled, texts
from extraction.project import Project
from extraction.source import Source, argument

NAMING = {"psycopg.sql.Identifier": (0, "strings"), "django.db.migrations.AlterModelTable": (1, "table")}
"""Calls that take the name of a table, and where."""
FIX = "read only your own tables, and ask its module through the contract"
_TABLE = re.compile(
    r'\b(?:FROM|JOIN|INTO|UPDATE|TABLE|TRUNCATE|COPY|REFERENCES|ONLY|USING)\s+(?:"?\w+"?\.)?"?(\w+)', re.IGNORECASE
)
_SELECTING = re.compile(r"\b(?:SELECT|WHERE|SET)\b", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w'])(\w+_\w+)(?![\w'])")


@rule
def tables_in_sql(subject: Subject) -> Iterator[Finding]:
    """SQL in a string, or in a `.sql` file, that names a table of another module."""
    for source in subject.sources:
        for value, line, _ in texts(source):
            for table, offset in _foreign_tables(subject, value):
                yield _finding(source.path, line + offset, table)
    for path in subject.project.files(subject.project.folder(subject.module)):
        if path.endswith(".sql"):
            sql = (subject.project.root / path).read_text()
            for table, offset in _foreign_tables(subject, sql):
                yield _finding(path, 1 + offset, table)


@rule
def tables_of_models(subject: Subject) -> Iterator[Finding]:
    """A model of one's own laid over another module's table, and SQL that is told its tables by their names."""
    for source in subject.sources:
        for name, line in _named(source):
            table = name.replace('"', "").rpartition(".")[2]
            if _owner(subject, table) in subject.others:
                yield _finding(source.path, line, table)


def _named(source: Source) -> Iterator[tuple[str, int]]:
    """The names of tables that are given to models, to migrations, to `extra(tables=…)`, or to be put into SQL."""
    yield from source.assigned("db_table")
    for node in source.nodes:
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from ((spelled(source, v) or "", v.lineno) for k, v in pairs if spelled(source, k) == "db_table")
    for name, call in source.calls():
        named = [argument(call, *NAMING[name])] if name in NAMING else []
        named += [keyword.value for keyword in call.keywords if keyword.arg == "db_table"]
        if name.rpartition(".")[2] == "extra":
            named += [e for k in call.keywords if k.arg == "tables" for e in getattr(k.value, "elts", ())]
        yield from ((spelled(source, node) or "", call.lineno) for node in named)


def _finding(path: str, line: int, table: str) -> Finding:
    return Finding(path, line, "sql", f"the table {table} is another module's", FIX)


def _foreign_tables(subject: Subject, sql: str) -> Iterator[tuple[str, int]]:
    matches = [*_TABLE.finditer(sql)]
    if matches and _SELECTING.search(sql):
        matches += [word for word in _WORD.finditer(sql) if word[1].lower() in _tables(subject.project)]
    for match in matches:
        if _owner(subject, match[1]) in subject.others:
            yield match[1], sql.count("\n", 0, match.start(1))


@cache
def _tables(project: Project) -> frozenset[str]:
    """The tables of all modules' models, under the names that Django gives them."""
    return frozenset(
        f"{module}_{node.name}".lower()
        for module in project.modules
        for source in project.module_sources(module)
        if "models" in source.name.split(".")
        for node in source.tree.body
        if isinstance(node, ast.ClassDef)
    )


def _owner(subject: Subject, table: str) -> str | None:
    """Whose table it is, by its first words; the longest label wins: `order_items_line` is not `order`'s."""
    labels = [module for module in subject.project.folders if table.lower().startswith(f"{module}_")]
    return max(labels, key=len, default=None)
