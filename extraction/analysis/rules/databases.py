"""Another module's database, opened by its name, or the deployable's own."""

import ast
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.analysis.string_values import evaluate_string, evaluate_strings
from extraction.reading.source import Source

OPENERS = frozenset({"create_connection", "cursor", "db_manager", "on_commit", "transaction", "using", "working_for"})
USING = frozenset({"database", "using"})
OWN = "default"
"""The alias of the database that belongs to the deployable itself."""
DEFAULT = frozenset({"django.db.connection", "django.db.DEFAULT_DB_ALIAS", "django.db.utils.DEFAULT_DB_ALIAS"})
CONNECTIONS = "django.db.connections"
ALL = frozenset({"django.db.connections.all", "django.conf.settings.DATABASES", "django.conf.settings.DATABASE_SERVER"})
CONNECTING = frozenset(
    {"connect", "create_engine", "create_async_engine", "create_pool", "ConnectionPool", "AsyncConnectionPool"}
)
DRIVERS = frozenset({"asyncpg", "pg8000", "psycopg", "psycopg2", "psycopg_pool", "sqlalchemy"})
ON_COMMIT = "django.db.transaction.on_commit"
FIX = "a module opens its own database only; ask the other module through its contract"


@rule
def other_databases(subject: Subject) -> Iterator[Finding]:
    """`connections["other"]`, `.using("other")`, `transaction("other")`, `save(using="other")`."""
    for source in subject.sources:
        for name, line in _aliases(source):
            if name in subject.others:
                yield Finding(source.path, line, "database", f"the database of {name} is opened", FIX)
            elif name == OWN:
                yield _default(subject, source, line)


@rule
def default_database(subject: Subject) -> Iterator[Finding]:
    """`django.db.connection`, or `on_commit` without `using`: both are of the deployable's own database."""
    for source in subject.sources:
        if not source.is_test:
            lines = {use.line for use in source.uses if use.target in DEFAULT}
            for name, call in source.calls():
                if (
                    name == ON_COMMIT
                    and len(call.args) < 2
                    and not any(k.arg in ("using", None) for k in call.keywords)
                ):
                    lines.add(call.lineno)
            yield from (_default(subject, source, line) for line in sorted(lines))


@rule
def connections_of_its_own(subject: Subject) -> Iterator[Finding]:
    """`psycopg.connect("dbname=acme_parcels")`: a server named in the code, or that of the deployable."""
    for source in subject.sources:
        for name, call in source.calls():
            driver, _, what = name.rpartition(".")
            if driver.partition(".")[0] in DRIVERS and what in CONNECTING and not source.is_test:
                values = [*call.args, *(keyword.value for keyword in call.keywords)]
                common = any((source.qualified(v) or "").startswith("django.conf.settings.") for v in values)
                if common or not values or any(evaluate_string(source, value) is not None for value in values):
                    message = "a connection past Django's, to a server that other modules use as well"
                    fix = f"use connections[{subject.module!r}], or a Setting for a server of your own"
                    yield Finding(source.path, call.lineno, "database", message, fix)


@rule
def all_databases(subject: Subject) -> Iterator[Finding]:
    """What lists the databases of every module, and how to get into them."""
    for source in subject.sources:
        if not source.is_test:
            found = {(use.line, use.target) for use in source.uses if use.target in ALL}
            for line, way in sorted({*found, *_bare_connections(source)}):
                yield Finding(source.path, line, "database", f"{way} leads into the database of every module", FIX)


def _bare_connections(source: Source) -> Iterator[tuple[int, str]]:
    """`connections` where no name of one follows: `for alias in connections`."""
    if CONNECTIONS in source.names.values():
        followed = {id(node.value) for node in source.nodes if isinstance(node, ast.Subscript | ast.Attribute)}
        followed |= {id(value) for values in source.values.values() for value in values}  # it has another name then
        followed |= {id(call.args[0]) for name, call in source.calls() if name == "getattr" and call.args}
        for node in source.nodes:
            is_read = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in followed
            if is_read and source.qualified(node) == CONNECTIONS:
                yield getattr(node, "lineno", 1), CONNECTIONS


@rule
def tested_databases(subject: Subject) -> Iterator[Finding]:
    """`@pytest.mark.django_db(databases=["other"])`, or the same in a test case."""
    for source in subject.sources:
        if source.is_test:
            for item in (item for node in source.nodes for item in ast.walk(_databases_of(node) or ast.Tuple([]))):
                if isinstance(item, ast.Constant) and item.value in subject.others:
                    message = f"a test opens the database of {item.value}"
                    fix = "let `standing_in` answer for the other module"
                    yield Finding(source.path, item.lineno, "database", message, fix)


def _databases_of(node: ast.AST) -> ast.expr | None:
    """The value of `databases=…` or `databases = …`."""
    match node:
        case ast.keyword(arg="databases", value=value) | ast.Assign(targets=[ast.Name(id="databases")], value=value):
            return value
    return None


def _default(subject: Subject, source: Source, line: int) -> Finding:
    message = "the deployable's own database is opened, which has nothing of a module's"
    return Finding(source.path, line, "database", message, f"name the module's: {subject.module!r}")


def _aliases(source: Source) -> Iterator[tuple[str, int]]:
    named: list[tuple[ast.expr, int]] = []
    for node in source.nodes:
        if isinstance(node, ast.Subscript) and source.qualified(node.value) == CONNECTIONS:
            named.append((node.slice, node.lineno))
    for name, call in source.calls():
        method = name.rpartition(".")[2]
        if call.args and (method in OPENERS or name == f"{CONNECTIONS}.__getitem__"):
            named.append((call.args[0], call.lineno))
        elif name == "getattr" and len(call.args) > 1 and source.qualified(call.args[0]) == CONNECTIONS:
            named.append((call.args[1], call.lineno))
        named += [(keyword.value, call.lineno) for keyword in call.keywords if keyword.arg in USING]
    for value, line in named:
        yield from ((alias, line) for alias in evaluate_strings(source, value))
