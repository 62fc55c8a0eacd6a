"""A Django project of 200,000 lines, read by `survey`.

Forty apps, written like the small project that the survey's tests read. The promise is a minute.
"""

import ast
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.harness import Experiment, Measure, Metric, Role
from benchmarks.lab import Lab
from extraction.survey import survey
from tests.processes import REPOSITORY

LINES, APPS = 200_000, 40
PATTERN = REPOSITORY / "tests" / "survey" / "library_project"
SURVEY = Experiment(
    "From a folder to the order of leaving",
    "The limit is Python's own parser, in one process: a survey cannot do without. It parses in as many processes as "
    "there are processors, looks for every kind of coupling, and tells who could leave.",
    (Metric("time", "s"),),
    rounds=3,
)


@SURVEY.contender("survey", Role.SEAM)
def surveyed(lab: Lab) -> Iterator[Measure]:
    yield lambda: timed(lambda: survey(project(lab.folder)))


@SURVEY.contender("ast.parse of every file", Role.LIMIT)
def parsed(lab: Lab) -> Iterator[Measure]:
    yield lambda: timed(lambda: [ast.parse(path.read_bytes()) for path in project(lab.folder).rglob("services.py")])


def timed(action: Callable[[], object]) -> dict[str, float]:
    """Seconds that something takes."""
    begun = time.perf_counter()
    action()
    return {"time": time.perf_counter() - begun}


def project(folder: Path) -> Path:
    """The small project, with forty more apps like `loans`, each of which borrows from the one before."""
    root = folder / "library"
    if not root.exists():
        shutil.copytree(PATTERN, root)
        names = [f"loans{number:02}" for number in range(APPS)]
        for name, before in zip(names, ["loans", *names], strict=False):
            write_app(root, name, before)
        settings = root / "library" / "settings" / "dev.py"
        settings.write_text(f"{settings.read_text()}INSTALLED_APPS += {names!r}\n")
    return root


def write_app(root: Path, name: str, before: str) -> None:
    """One app, whose services are the pattern's over and over."""
    shutil.copytree(root / "loans", root / name)
    for path in (root / name).rglob("*.py"):
        path.write_text(path.read_text().replace("loans", name))
    services = root / name / "services.py"
    head, *functions = services.read_text().split("\n\n\n")
    body = "\n\n\n".join(functions)
    services.write_text(
        "\n\n\n".join([f"{head}\nimport {before}.models", *[body] * (LINES // APPS // body.count("\n"))])
    )
