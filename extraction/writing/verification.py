"""Does what was written hold together? Asked of the written folder by processes of its own."""

import sys
from collections.abc import Callable
from pathlib import Path

from extraction.processes import boot, runner
from extraction.writing.plan import Plan

LINT = "from importlinter.cli import lint_imports_command as main; main()"
CHECKS = {
    "its configuration or its code does not load": ("manage.py", "check"),
    "it breaks its layers": ("-c", LINT, "--config", "importlinter.ini", "--no-cache", "--no-logo"),
}


def verify(plan: Plan, folder: Path, step: Callable[[str], None], *, boots: bool, server: str | None = None) -> None:
    """Load a written service, check its layers, and start it where that can be done. Raises `Refused`."""
    for problem, command in CHECKS.items():
        # What could describe its API has been loaded, and passed Django's checks.
        if command[0] != "manage.py":
            # It is ours that reads: the code is not run, and its Python need not have what we read it with.
            runner.run(folder, problem, *command, python=sys.executable)
        elif not plan.has_api:
            runner.run(folder, problem, *command)
    if boots:
        boot.boot(folder, step, server)
