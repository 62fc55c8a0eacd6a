"""Lookups and loads that go over a relation into another app's table."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from extraction.survey.facts import Clue, Reference
from extraction.survey.likely import crossings, likely_model
from extraction.survey.model import Coupling
from extraction.survey.rules.registry import Place, Subject, rule
from extraction.survey.syntax import Scope, strings

BY_KEYWORD = frozenset(
    (
        "filter",
        "exclude",
        "get",
        "get_or_create",
        "update_or_create",
        "Q",
        "When",
        "annotate",
        "aggregate",
        "alias",
        "get_object_or_404",
        "get_list_or_404",
        "aget",
        "FilteredRelation",
        "complex_filter",
    )
)
BY_STRING = frozenset(
    (
        "values",
        "values_list",
        "order_by",
        "only",
        "defer",
        "distinct",
        "dates",
        "datetimes",
        "latest",
        "earliest",
        "in_bulk",
        "F",
        "Count",
        "Sum",
        "Max",
        "Min",
        "Avg",
        "StdDev",
        "Variance",
        "OuterRef",
        "Coalesce",
        "Lower",
        "Upper",
        "ArrayAgg",
        "StringAgg",
        "JSONBAgg",
        "Concat",
        "TruncDate",
        "TruncDay",
        "TruncMonth",
        "Trunc",
        "Extract",
        "Cast",
        "Exists",
        "SearchVector",
        "Length",
    )
)
LOADS = frozenset({"select_related", "prefetch_related", "Prefetch", "prefetch_related_objects"})
LISTS = frozenset(
    (
        "search_fields",
        "list_filter",
        "ordering",
        "filterset_fields",
        "filter_fields",
        "ordering_fields",
        "list_display",
    )
)
_QUERY_DEPTH = 8


class Lookup(NamedTuple):
    """A path over relations, and what it begins at."""

    path: str
    start: Reference | None
    is_load: bool


def collect(subject: Subject) -> Iterator[tuple[int, Lookup]]:
    """Notice paths: keywords with `__`, and strings where a query takes names of fields."""
    module = subject.module
    if module.is_migration:
        return
    for call, scope in module.calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        paths = list(_paths(call, name))
        if paths:
            start = _start(subject, call, scope)
            for line, path in paths:
                yield line, Lookup(path, start, name in LOADS)
    yield from _lists(subject)


def _paths(call: ast.Call, name: str) -> Iterator[tuple[int, str]]:
    if name in BY_KEYWORD:
        for keyword in call.keywords:
            if keyword.arg and "__" in keyword.arg.strip("_"):
                yield keyword.value.lineno, keyword.arg
            elif keyword.arg is None and isinstance(keyword.value, ast.Dict):
                yield from _spanning(keyword.value)
    if name in BY_STRING:
        for value in call.args:
            yield from _spanning(value)
    if name in LOADS:
        for value in call.args:
            for found in strings(value):
                yield found.lineno, str(found.value)
    for keyword in call.keywords:
        if keyword.arg == "field_name":
            yield from _spanning(keyword.value)


def _spanning(node: ast.expr) -> Iterator[tuple[int, str]]:
    for found in strings(node):
        value = str(found.value).lstrip("-^=@$+?")
        if "__" in value.strip("_") and value.replace("_", "").isalnum():
            yield found.lineno, value


def _start(subject: Subject, call: ast.Call, scope: Scope) -> Reference | None:
    """What a query begins at: of `Q(…)` and `F(…)`, the query around."""
    node: ast.AST | None = call
    for _ in range(_QUERY_DEPTH):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in BY_KEYWORD | BY_STRING | LOADS and not subject.module.qualified(node.func):
                return subject.inference.about(node.func.value, scope)
            qualified = subject.module.qualified(node.func) or ""
            if ".objects." in f"{qualified}.":
                return Reference("class", qualified.partition(".objects")[0])
        if isinstance(node, ast.Call) and getattr(node.func, "id", "").startswith("get_") and node.args:
            return subject.inference.about(node.args[0], scope)
        node = subject.module.parents.get(id(node))
    return None


def _lists(subject: Subject) -> Iterator[tuple[int, Lookup]]:
    """The lists that admin classes, views and models have: `search_fields`, `ordering`."""
    for node, scope in subject.module.assignments:
        if not isinstance(node, ast.Assign) or not isinstance(scope.node, ast.ClassDef):
            continue
        name = getattr(node.targets[0], "id", "")
        class_ = scope.parent.node if scope.node.name == "Meta" and scope.parent else scope.node
        if isinstance(class_, ast.ClassDef) and name in LISTS:
            start = Reference("view", f"{subject.module.name}.{class_.name}")
            for line, path in _spanning(node.value):
                yield line, Lookup(path, start, False)
        elif isinstance(class_, ast.ClassDef) and name == "list_select_related":
            start = Reference("view", f"{subject.module.name}.{class_.name}")
            for found in strings(node.value):
                yield found.lineno, Lookup(str(found.value), start, True)


def resolve(place: Place, clue: Clue) -> Iterator[Coupling]:
    """Tell which apps' tables a path goes into, one coupling for each."""
    lookup: Lookup = clue.data
    index = place.index
    start = index.models.get(lookup.start.name) if lookup.start and lookup.start.how == "view" else None
    start = start or likely_model(index, lookup.start, place.app)
    path = lookup.path.replace("_set__", "__").removesuffix("_set") if lookup.is_load else lookup.path
    found = crossings(index, start, path, place.app, whole=lookup.is_load)
    kind = "joined-load" if lookup.is_load else "spanning-lookup"
    told: set[str] = set()
    for crossing in found:
        if crossing.target.app and crossing.target.app.label not in told:
            told.add(crossing.target.app.label)
            thing = f"{crossing.origin.label}.{crossing.name}"
            text = (
                f"{'loads' if lookup.is_load else 'looks up'} {lookup.path}, over {thing} into {crossing.target.label}"
            )
            yield from place.to(kind, clue.line, crossing.target.app, thing, text)


rule("lookups", collect, resolve)
