"""Another module's database, opened by its name."""

import ast
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.source import Source, text

OPENERS = frozenset({"cursor", "on_commit", "transaction", "using", "working_for"})
FIX = "a module opens its own database only; ask the other module through its contract"


@rule
def other_databases(subject: Subject) -> Iterator[Finding]:
    """`connections["other"]`, `.using("other")`, `transaction("other")`, `save(using="other")`."""
    for source in subject.sources:
        for name, line in _opened(source):
            if name in subject.others:
                yield Finding(source.path, line, "database", f"the database of {name} is opened", FIX)


def _opened(source: Source) -> Iterator[tuple[str | None, int]]:
    for node in source.nodes:
        if isinstance(node, ast.Subscript) and source.qualified(node.value) == "django.db.connections":
            yield text(node.slice), node.lineno
    for name, call in source.calls():
        if name.rpartition(".")[2] in OPENERS and call.args:
            yield text(call.args[0]), call.lineno
        yield from ((text(keyword.value), call.lineno) for keyword in call.keywords if keyword.arg == "using")
