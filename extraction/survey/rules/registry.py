"""The rules. Each notices clues in one file, and tells what they mean when all files are known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from extraction.survey.facts import Clue
from extraction.survey.index import Index, Model
from extraction.survey.inference import Inference
from extraction.survey.model import OUTSIDE, App, Coupling
from extraction.survey.syntax import Module


class Subject(NamedTuple):
    """A file in which clues are looked for."""

    module: Module
    inference: Inference
    accessors: frozenset[str]
    """Names that may be reverse accessors, from a first look at all files."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file whose clues are resolved."""

    path: str
    app: App | None
    index: Index

    def to(self, kind: str, line: int, target: App | None, thing: str, text: str) -> Iterator[Coupling]:
        """Yield a coupling, if the target is another app."""
        if target is not None and target is not self.app:
            yield Coupling(self.path, line, kind, self.app.label if self.app else OUTSIDE, target.label, thing, text)

    def to_model(self, kind: str, line: int, model: Model | None, text: str) -> Iterator[Coupling]:
        """Yield a coupling with a model of another app."""
        if model is not None:
            yield from self.to(kind, line, model.app, model.label, text)

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.path.split("/")[:-1]


Collect = Callable[[Subject], Iterator[tuple[int, Any]]]
Resolve = Callable[[Place, Clue], Iterator[Coupling]]


class Rule(NamedTuple):
    """Both halves of a rule."""

    collect: Collect
    resolve: Resolve


RULES: dict[str, Rule] = {}


def rule(name: str, collect: Collect, resolve: Resolve) -> None:
    """Have a rule asked about every file."""
    RULES[name] = Rule(collect, resolve)


def collect_all(subject: Subject) -> list[Clue]:
    """Ask every rule what it notices in a file."""
    return [Clue(name, line, data) for name, each in RULES.items() for line, data in each.collect(subject)]


def resolve_all(place: Place, clues: list[Clue]) -> Iterator[Coupling]:
    """Tell what the clues of a file mean."""
    for clue in clues:
        yield from RULES[clue.rule].resolve(place, clue)
