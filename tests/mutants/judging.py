"""What becomes of a mutant: its module's own tests kill it or not, and `verify` notices it or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from extraction.conformance import environment
from extraction.conformance.environment import Environment
from extraction.processes.errors import Refused
from extraction.reading.project import Project
from extraction.writing import plan
from tests.mutants.generating import Mutant
from tests.processes import REPOSITORY


class Fate(StrEnum):
    """What became of one."""

    SURVIVED = "survived"
    """The module's own tests do not notice it: it counts for nothing."""
    NOTICED = "noticed"
    MISSED = "missed"


class Judged(NamedTuple):
    """A mutant, and what gave it away."""

    mutant: Mutant
    fate: Fate
    by: str = ""


def judge(module: str, mutants: list[Mutant], place: Path) -> Iterator[Judged]:
    """Try each in a service that is written for it below `place`."""
    monolith, service = Project.at(REPOSITORY), _written(module, place / f"{module}-service")
    with environment.set_up(monolith, service, module, lambda _: None) as there:
        for mutant in mutants:
            with _mutated(service, mutant):
                yield _judged(there, mutant, module)


def _judged(there: Environment, mutant: Mutant, module: str) -> Judged:
    if there.test("-x", f"src/modules/{module}/tests") is None:
        return Judged(mutant, Fate.SURVIVED)
    try:
        report = there.examine(lambda _: None)
    except Refused as refused:
        return Judged(mutant, Fate.NOTICED, str(refused).splitlines()[0])
    if not report.problems:
        return Judged(mutant, Fate.MISSED)
    return Judged(mutant, Fate.NOTICED, f"{report.problems[0].operation}: {report.problems[0].problem}")


def _written(module: str, folder: Path) -> Project:
    """The service that extraction makes of the module."""
    for file in plan.plan(Project.at(REPOSITORY), module).files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return Project.at(folder)


@contextmanager
def _mutated(service: Project, mutant: Mutant) -> Iterator[None]:
    path = service.root / mutant.path
    original = path.read_text()
    path.write_text(mutant.source)
    try:
        yield
    finally:
        path.write_text(original)
