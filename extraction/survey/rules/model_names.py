"""Models that are asked for by name: `apps.get_model`, `get_user_model`."""

import ast
from collections.abc import Iterator

from extraction.survey.facts import USER, Clue, Reference, model_by_name
from extraction.survey.model import Coupling
from extraction.survey.rules.registry import Place, Subject, rule
from extraction.survey.syntax import argument


def collect(subject: Subject) -> Iterator[tuple[int, Reference]]:
    """Notice every call that names a model, but not a signal's sender or a key's target: those are told as such."""
    module = subject.module
    for call, _ in module.calls:
        last = module.spelled(call.func).rpartition(".")[2]
        if last in ("get_model", "get_registered_model") and not _is_told_elsewhere(subject, call):
            if found := model_by_name(module, call):
                yield call.lineno, found
        elif last == "get_user_model" and not _is_told_elsewhere(subject, call):
            yield call.lineno, USER


def _is_told_elsewhere(subject: Subject, call: ast.Call) -> bool:
    parent = subject.module.parents.get(id(call))
    if isinstance(parent, ast.keyword):
        return parent.arg in ("sender", "to")
    if isinstance(parent, ast.Call):
        last = subject.module.spelled(parent.func).rpartition(".")[2]
        return last.endswith(("ForeignKey", "Field")) and argument(parent, 0, "to") is call
    return False


def resolve(place: Place, clue: Clue) -> Iterator[Coupling]:
    """Tell whose model it is; in a migration it is history."""
    model = place.index.model(clue.data, place.app)
    if model is None:
        return
    kind = "migration-model" if place.is_migration else "user-model" if clue.data == USER else "get-model"
    yield from place.to_model(kind, clue.line, model, f"gets {model.label} by name")


rule("model-names", collect, resolve)
