"""What it costs to have many modules: to check and lint them, to extract one, to start them, to call one.

This repository, and monoliths made of copies of its `catalog`, each calling the one before; all without their tests.
Commands are timed from outside, with the start of Python.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import generated
from benchmarks.children import child
from benchmarks.harness import Compare, Experiment, Measure, Metric, Role
from benchmarks.lab import Lab, copied
from tests.processes import environment

STARTED = (
    "import seamline.runtime.wsgi; from pathlib import Path; from django.urls import get_resolver;"
    "get_resolver().url_patterns;"
    "print([line.split()[1] for line in Path('/proc/self/status').open() if line.startswith('VmRSS')][0])"
)
CALLS = 3000
RUFF = (("-m", "ruff", "check", "--no-cache", "."), ("-m", "ruff", "format", "--check", "--no-cache", "."))
LINT_IMPORTS = (str(Path(sys.executable).with_name("lint-imports")), "--config", "importlinter.ini", "--no-cache")
MYPY = ("-m", "mypy", "--cache-dir", os.devnull, "contracts", "src", "manage.py", "extraction")
"""What `make lint` runs beside `check` and `compat`, with nothing kept from an earlier run."""

MODULES = Experiment(
    "By number of modules",
    "`check` looks at all modules, `extract --no-verify` writes one of them as a service. `lint-imports` and `ruff`, "
    "which checks and then looks at the format, do as in `make lint`, with nothing cached. Start is that of a process "
    "until it could serve, without its databases; memory is what it holds then. The call is one in the same process, "
    "which has no arguments and does nothing.",
    (
        Metric("check", "s", Compare.NOT),
        Metric("lint-imports", "s", Compare.NOT),
        Metric("ruff", "s", Compare.NOT),
        Metric("extract", "s", Compare.NOT),
        Metric("start", "s", Compare.NOT),
        Metric("memory", "MB", Compare.NOT),
        Metric("call", "µs", Compare.NOT),
    ),
    rounds=3,
)
TYPES = Experiment(
    "Types, by number of modules",
    "`mypy` as in `make lint`, once and with nothing cached: most of its time goes to the libraries. A repeat takes a "
    "second or two.",
    (Metric("mypy", "s", Compare.NOT),),
    rounds=1,
    warmed=False,
)


@MODULES.contender("this repository, 6 modules", Role.SEAM)
def repository(lab: Lab) -> Iterator[Measure]:
    yield from measured(lab, copied(lab.path("repository")), "catalog")


@MODULES.contender("10 modules", Role.SEAM)
def ten(lab: Lab) -> Iterator[Measure]:
    yield from measured(lab, generated.monolith(lab.path("ten"), 10), "m009")


@MODULES.contender("30 modules", Role.SEAM)
def thirty(lab: Lab) -> Iterator[Measure]:
    yield from measured(lab, generated.monolith(lab.path("thirty"), 30), "m029")


@MODULES.contender("100 modules", Role.SEAM)
def hundred(lab: Lab) -> Iterator[Measure]:
    yield from measured(lab, generated.monolith(lab.path("hundred"), 100), "m099")


@TYPES.contender("this repository, 6 modules", Role.SEAM)
def types_of_repository(lab: Lab) -> Iterator[Measure]:
    yield typed(copied(lab.path("repository")))


@TYPES.contender("10 modules", Role.SEAM)
def types_of_ten(lab: Lab) -> Iterator[Measure]:
    yield typed(generated.monolith(lab.path("ten"), 10))


@TYPES.contender("30 modules", Role.SEAM)
def types_of_thirty(lab: Lab) -> Iterator[Measure]:
    yield typed(generated.monolith(lab.path("thirty"), 30))


@TYPES.contender("100 modules", Role.SEAM)
def types_of_hundred(lab: Lab) -> Iterator[Measure]:
    yield typed(generated.monolith(lab.path("hundred"), 100))


def measured(lab: Lab, root: Path, module: str) -> Iterator[Measure]:
    """Measure a monolith by its commands, its start, and a call to its last module."""
    into = lab.path("service")

    def measure() -> dict[str, float]:
        shutil.rmtree(into, ignore_errors=True)
        check, _ = run(root, "-m", "extraction", "check")
        lint_imports, _ = run(root, *LINT_IMPORTS)
        ruff = sum(run(root, *command)[0] for command in RUFF)
        extract, _ = run(root, "-m", "extraction", "extract", module, "--into", str(into), "--no-verify")
        start, resident = run(root, "-c", STARTED)
        found = {"check": check, "lint-imports": lint_imports, "ruff": ruff, "extract": extract, "start": start}
        return found | {"memory": int(resident) / 1000, "call": caller.submit(called, module).result()}

    with child(root) as caller:
        yield measure


def typed(root: Path) -> Measure:
    return lambda: {"mypy": run(root, *MYPY)[0]}


def run(root: Path, *arguments: str) -> tuple[float, str]:
    """Seconds that Python took with these arguments, and what it printed."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env=environment(PYTHONPATH=f".{os.pathsep}src"),
        capture_output=True,
        text=True,
    )
    took = time.perf_counter() - begun
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} → {done.returncode}\n{done.stdout}{done.stderr}")
    return took, done.stdout


def called(module: str) -> float:
    """In a process of the monolith: microseconds for a call that does nothing."""
    from seamline.calls import call
    from seamline.events.mailbox import mailbox

    contract = mailbox(module)
    call(contract).ping()
    begun = time.perf_counter()
    for _ in range(CALLS):
        call(contract).ping()
    return 1e6 * (time.perf_counter() - begun) / CALLS
