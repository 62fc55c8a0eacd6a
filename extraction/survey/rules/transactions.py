"""Transactions that write models of several apps: all or nothing today, and not when one of them has left."""

import ast
from collections.abc import Iterable, Iterator

from extraction.survey.facts import MANAGERS, Clue, Reference
from extraction.survey.likely import likely_model
from extraction.survey.model import Coupling
from extraction.survey.rules.registry import Place, Subject, rule

_ON_OBJECTS = frozenset({"save", "delete", "asave", "adelete"})
_ON_MANAGERS = frozenset(
    (
        "create",
        "bulk_create",
        "get_or_create",
        "update_or_create",
        "update",
        "bulk_update",
        "delete",
        "acreate",
        "aupdate",
    )
)
Writes = tuple[tuple[int, Reference], ...]


def collect(subject: Subject) -> Iterator[tuple[int, Writes]]:
    """Notice what is written in `with transaction.atomic():` and under `@transaction.atomic`."""
    module = subject.module
    if module.is_migration:
        return
    for block, _ in module.withs:
        if any(_is_atomic(subject, item.context_expr) for item in block.items):
            yield block.lineno, tuple(_writes(subject, block.body))
    for function, _ in module.functions:
        if any(_is_atomic(subject, decorator) for decorator in function.decorator_list):
            yield function.lineno, tuple(_writes(subject, function.body))


def _is_atomic(subject: Subject, node: ast.expr) -> bool:
    name = subject.module.spelled(node.func if isinstance(node, ast.Call) else node)
    return name.rpartition(".")[2] in ("atomic", "commit_on_success", "traced_atomic_transaction")


def _writes(subject: Subject, body: Iterable[ast.stmt]) -> Iterator[tuple[int, Reference]]:
    inside = {id(node) for statement in body for node in ast.walk(statement) if isinstance(node, ast.Call)}
    for call, scope in subject.module.calls:
        if id(call) in inside and isinstance(call.func, ast.Attribute) and _is_write(call.func):
            about = subject.inference.about(call.func.value, scope)
            if about:
                yield call.lineno, about


def _is_write(function: ast.Attribute) -> bool:
    if function.attr in _ON_OBJECTS and isinstance(function.value, ast.Name | ast.Attribute):
        return True
    return function.attr in _ON_MANAGERS and _has_manager(function.value)


def _has_manager(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return False


def resolve(place: Place, clue: Clue) -> Iterator[Coupling]:
    """One coupling for each other app, where more than one app is written to."""
    writes: Writes = clue.data
    models = [(line, model) for line, about in writes if (model := likely_model(place.index, about, place.app))]
    apps = {model.app.label for _, model in models if model.app}
    if len(apps) < 2:
        return
    told: set[str] = set()
    for line, model in models:
        if model.app and model.app.label not in told:
            told.add(model.app.label)
            others = ", ".join(sorted(apps - {model.app.label}))
            text = f"writes {model.label} in one transaction with {others}"
            yield from place.to("shared-transaction", line, model.app, f"{model.label}, {others}", text)


rule("transactions", collect, resolve)
