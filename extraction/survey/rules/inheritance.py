"""Classes that inherit from a class of another app, models above all."""

from collections.abc import Iterator

from extraction.survey.facts import Clue
from extraction.survey.model import Coupling
from extraction.survey.rules.registry import Place, Subject, rule


def collect(subject: Subject) -> Iterator[tuple[int, tuple[str, str]]]:
    """Notice the bases of every class."""
    module = subject.module
    for node, _ in () if module.is_migration else module.classes:
        for base in node.bases:
            if name := module.qualified(getattr(base, "value", base) if _is_generic(base) else base):
                yield node.lineno, (node.name, name)


def _is_generic(base: object) -> bool:
    return type(base).__name__ == "Subscript"


def resolve(place: Place, clue: Clue) -> Iterator[Coupling]:
    """Tell an abstract model, which has no row, from a concrete one, whose rows are shared."""
    name, base = clue.data
    canonical = place.index.canonical(base)
    if canonical not in place.index.classes:
        return
    model = place.index.models.get(canonical)
    kind = "inheritance" if model is None else "abstract-model" if model.is_abstract else "concrete-model"
    target = place.index.app(canonical)
    yield from place.to(kind, clue.line, target, canonical, f"{name} inherits from {canonical}")


rule("inheritance", collect, resolve)
