"""What migrations wait for: those of other apps."""

import ast
from collections.abc import Iterator

from extraction.survey.facts import USER, Clue, Reference, reference
from extraction.survey.model import Coupling
from extraction.survey.rules.registry import Place, Subject, rule
from extraction.survey.syntax import text

_LISTS = frozenset({"dependencies", "run_before"})


def collect(subject: Subject) -> Iterator[tuple[int, str | Reference]]:
    """Notice the dependencies of a migration, South's `depends_on` not among them."""
    module = subject.module
    for node, scope in module.assignments if module.is_migration else ():
        if not (isinstance(node, ast.Assign) and isinstance(scope.node, ast.ClassDef)):
            continue
        if getattr(node.targets[0], "id", "") in _LISTS and isinstance(node.value, ast.List | ast.Tuple):
            for item in node.value.elts:
                if isinstance(item, ast.Tuple | ast.List) and item.elts and (label := text(item.elts[0])):
                    yield item.lineno, label
                elif reference(module, item) == USER:
                    yield item.lineno, USER


def resolve(place: Place, clue: Clue) -> Iterator[Coupling]:
    """Tell whose migration it is."""
    if isinstance(clue.data, str):
        target = place.index.apps.by_label.get(clue.data)
    else:
        target = place.index.user.app if place.index.user else None
    if target:
        text = f"comes after a migration of {target.label}"
        yield from place.to("migration-dependency", clue.line, target, target.label, text)


rule("migrations", collect, resolve)
