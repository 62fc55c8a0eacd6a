"""Reverse accessors, `parcel.labels`, used outside the app whose key makes them."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from extraction.survey.facts import Clue, Reference
from extraction.survey.index import Relation
from extraction.survey.inference import QUERY_METHODS
from extraction.survey.likely import likely_model
from extraction.survey.model import Coupling
from extraction.survey.rules.registry import Place, Subject, rule
from extraction.survey.syntax import Scope

OF_ANYTHING = frozenset(
    {"add", "clear", "count", "delete", "get", "remove", "reverse", "set", "union", "update", "values"}
)
"""Methods that sets, dicts and lists have too."""


class Access(NamedTuple):
    """An attribute that may be a reverse accessor."""

    name: str
    of: Reference | None
    is_queried: bool
    """Whether it is used as only a manager is: `.all()`, `.filter(…)`."""


def collect(subject: Subject) -> Iterator[tuple[int, Access]]:
    """Notice attributes with the name of an accessor, on anything but an imported module."""
    module = subject.module
    for node, scope in () if module.is_migration else module.attributes:
        name = node.attr
        if name not in subject.accessors and not (name.endswith("_set") and len(name) > len("_set")):
            continue
        parent = module.parents.get(id(node))
        if not isinstance(node.ctx, ast.Load) or (isinstance(parent, ast.Call) and parent.func is node):
            continue
        if _is_imported(subject, node.value) or _is_own(node.value, name, scope):
            continue
        queried = isinstance(parent, ast.Attribute) and parent.attr in QUERY_METHODS - OF_ANYTHING
        yield node.end_lineno or node.lineno, Access(name, subject.inference.about(node.value, scope), queried)


def _is_imported(subject: Subject, value: ast.expr) -> bool:
    qualified = subject.module.qualified(value)
    if qualified and isinstance(value, ast.Name) and subject.inference.module.names.get(value.id):
        return True
    return bool(qualified) and not (qualified or "").rpartition(".")[2][:1].isupper()


def _is_own(value: ast.expr, name: str, scope: Scope) -> bool:
    """Tell whether a class says itself what `self.name` is."""
    if not (isinstance(value, ast.Name) and value.id in ("self", "cls")) or not (class_ := scope.class_):
        return False
    for node in ast.walk(class_):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return True
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr == name:
            return True
        if isinstance(node, ast.AnnAssign | ast.Assign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return True
    return False


def resolve(place: Place, clue: Clue) -> Iterator[Coupling]:
    """Tell whose key an accessor comes from: by what the object probably is, or because there is but one."""
    access: Access = clue.data
    relations = place.index.accessors.get(access.name, [])
    if not relations:
        return
    model = likely_model(place.index, access.of, place.app)
    if model is not None:
        lineage = list(model.lineage())
        relations = [relation for relation in relations if relation.target in lineage]
    elif not access.is_queried:
        return
    owners = {relation.model.app.label if relation.model.app else "" for relation in relations}
    if relations and len(owners) == 1:
        yield from _coupling(place, clue.line, access.name, relations[0])


def _coupling(place: Place, line: int, name: str, relation: Relation) -> Iterator[Coupling]:
    target = relation.target.label if relation.target else "?"
    text = f"reads {target}.{name}, which {relation.model.label}.{relation.field.name} makes"
    yield from place.to_model("reverse-accessor", line, relation.model, text)


rule("accessors", collect, resolve)
