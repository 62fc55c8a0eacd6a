"""The rules. Each is a function that looks at one module and yields what it finds there."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from extraction.analysis.finding import Finding
from extraction.reading.layout import owner_of_code
from extraction.reading.project import Project
from extraction.reading.source import Source


class Subject(NamedTuple):
    """A module under examination."""

    project: Project
    module: str

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.project.module_sources(self.module)

    @property
    def others(self) -> frozenset[str]:
        """The names of the other modules."""
        return _others(self.project, self.module)

    def foreign(self, dotted: str) -> str | None:
        """The other module that a dotted name such as `modules.parcels.models` belongs to."""
        owner = owner_of_code(dotted)
        return owner if owner != self.module else None


@cache
def _others(project: Project, module: str) -> frozenset[str]:
    return frozenset(project.folders) - {module}


Rule = Callable[[Subject], Iterator[Finding]]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Have a function asked about every module."""
    RULES.append(function)
    return function
