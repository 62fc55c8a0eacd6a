"""Whose a table is: as the models say, and the SQL that makes one, whatever it is called."""

import ast
from collections.abc import Iterator
from functools import cache

import sqlglot
from sqlglot import exp

from extraction.analysis.string_values import evaluate_string, texts
from extraction.reading.project import Project
from extraction.reading.source import Source, argument

DEPLOYABLE = "the deployable"
"""Owns what Django's own applications keep: operators, sessions, content types."""
_OF_DJANGO = ("auth_", "django_")
_EVERYWHERE = "django_migrations"


class Tables:
    """The tables of all modules."""

    def __init__(self, project: Project) -> None:
        self.modules = project.folders
        self._owners: dict[str, frozenset[str]] = {}
        for module in project.modules:
            for table in _tables(project, module):
                self._owners[table.lower()] = self._owners.get(table.lower(), frozenset()) | {module}

    def is_known(self, name: str) -> bool:
        """Whether a model has such a table or sequence, or SQL makes it."""
        return bool(self._owners_of(name.lower()))

    def foreign(self, module: str, name: str) -> str | None:
        """Who owns a table or a sequence, where that is not the module; the longest label that it begins with wins."""
        name = name.lower()
        owners = self._owners_of(name)
        if module in owners and (len(owners) == 1 or name.startswith(f"{module}_")):
            return None
        if others := owners - {module}:
            return min(others)
        labels = [label for label in self.modules if name.startswith(f"{label}_")]
        if labels:
            return None if max(labels, key=len) == module else max(labels, key=len)
        return DEPLOYABLE if name.startswith(_OF_DJANGO) and name != _EVERYWHERE else None

    def _owners_of(self, name: str) -> frozenset[str]:
        if name in self._owners or not name.endswith("_seq"):
            return self._owners.get(name, frozenset())
        parts = name.split("_")
        tables = ("_".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
        return next((self._owners[table] for table in tables if table in self._owners), frozenset())


@cache
def of(project: Project) -> Tables:
    """The tables of a project's modules."""
    return Tables(project)


def _tables(project: Project, module: str) -> Iterator[str]:
    for source in project.module_sources(module):
        if source.is_test:
            continue
        if "models" in source.name.split("."):
            for node in source.nodes:
                if isinstance(node, ast.ClassDef) and node.bases:
                    yield from _of_model(module, source, node)
        if source.is_migration:
            yield from _of_migration(module, source)
        for value, _, _ in texts(source):
            if "create" in value.lower():
                yield from _creations(value)


def _of_model(module: str, source: Source, node: ast.ClassDef) -> Iterator[str]:
    meta = next((inner for inner in node.body if isinstance(inner, ast.ClassDef) and inner.name == "Meta"), None)
    given = {
        target.id: statement.value
        for statement in (meta.body if meta else ())
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    if isinstance(abstract := given.get("abstract"), ast.Constant) and abstract.value is True:
        return
    table = evaluate_string(source, given.get("db_table")) or f"{module}_{node.name}"
    yield table
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=field)], value=ast.Call() as call):
                named = {keyword.arg: keyword.value for keyword in call.keywords}
                if (source.qualified(call.func) or "").endswith("ManyToManyField") and "through" not in named:
                    yield evaluate_string(source, named.get("db_table")) or f"{table}_{field}"


def _of_migration(module: str, source: Source) -> Iterator[str]:
    for name, call in source.calls():
        if name.endswith("migrations.CreateModel"):
            options = argument(call, 2, "options")
            pairs = zip(options.keys, options.values, strict=True) if isinstance(options, ast.Dict) else ()
            table = next(
                (evaluate_string(source, value) for key, value in pairs if evaluate_string(source, key) == "db_table"),
                None,
            )
            if table or (model := evaluate_string(source, argument(call, 0, "name"))):
                yield table or f"{module}_{model}"


def _creations(sql: str) -> Iterator[str]:
    try:
        statements = sqlglot.parse(sql, dialect="postgres")
    except sqlglot.errors.SqlglotError:
        return
    for statement in statements:
        if isinstance(statement, exp.Create) and statement.kind in ("TABLE", "VIEW", "SEQUENCE"):
            made = statement.find(exp.Table)
            if made:
                yield made.name
