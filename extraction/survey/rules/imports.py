"""Imports: whole, in functions, for types, in migrations."""

import ast
from collections.abc import Iterator

from extraction.survey.facts import Clue
from extraction.survey.model import OUTSIDE, App, Coupling
from extraction.survey.rules.registry import Place, Subject, rule
from extraction.survey.syntax import Scope


def collect(subject: Subject) -> Iterator[tuple[int, tuple[str, tuple[tuple[str, str], ...]]]]:
    """Notice every import statement: how it stands, and what it names."""
    module = subject.module
    for node, scope in module.imports:
        if isinstance(node, ast.Import):
            named = tuple((alias.name, alias.name) for alias in node.names)
        else:
            base = module.absolute(node)
            named = tuple((f"{base}.{alias.name}", base) for alias in node.names)
        yield node.lineno, (_kind(module.is_migration, scope), named)


def _kind(in_migration: bool, scope: Scope) -> str:
    if in_migration:
        return "migration-import"
    if scope.for_types:
        return "import-for-types"
    return "import-in-function" if scope.function else "import"


def resolve(place: Place, clue: Clue) -> Iterator[Coupling]:
    """One coupling for each app that a statement imports from."""
    kind, named = clue.data
    by_app: dict[str, tuple[App | None, list[str]]] = {}
    for target, base in named:
        dotted = target if target in place.index.files else base
        app = place.index.app(dotted)
        if app or place.index.canonical(dotted) in place.index.files:
            by_app.setdefault(app.label if app else OUTSIDE, (app, []))[1].append(target)
    for label, (app, targets) in by_app.items():
        text = f"imports {', '.join(targets)}"
        if app:
            yield from place.to(kind, clue.line, app, targets[0], text)
        elif place.app:
            yield Coupling(place.path, clue.line, kind, place.app.label, label, targets[0], text)


rule("imports", collect, resolve)
