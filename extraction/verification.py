"""Does what was written hold together? Asked of the written folder by processes of its own."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from extraction import interruption
from extraction.refusals import Refusal

LINT = "from importlinter.cli import lint_imports_command as main; main()"
CHECKS = {
    "its configuration or its code does not load": ("manage.py", "check"),
    "it breaks its layers": ("-c", LINT, "--config", "importlinter.ini", "--no-cache", "--no-logo"),
}
KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TMPDIR")
"""What of the environment goes along. The monolith's settings are not the service's."""
PATIENCE = 120.0


class Unsound(Refusal):
    """The written service does not hold together; the message has what was said of it."""


def verify(folder: Path) -> None:
    """Load the service's code by its management command, and check its layers. Raises `Unsound`."""
    for problem, command in CHECKS.items():
        run(folder, problem, *command)


def run(folder: Path, problem: str, *command: str, **settings: str) -> None:
    """Run Python in the service's folder. Raises `Unsound` with the problem and what was said."""
    execute(folder, problem, command, settings, PATIENCE)


def execute(folder: Path, problem: str, command: Sequence[str], settings: Mapping[str, str], within: float) -> None:
    """The same, with `within` seconds for it."""
    try:
        done = interruption.run(
            [interpreter(folder), *command],
            within,
            cwd=folder,
            env=environment(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except subprocess.TimeoutExpired as late:
        what = f"python {shlex.join(command)} did not end within {late.timeout:g} seconds"
        raise Unsound(f"{problem}: {what}; see what it waits for") from None
    if done.returncode:
        raise Unsound(f"{problem}:\n{done.stdout.strip()}")


def interpreter(folder: Path) -> str:
    """The Python of a service: of its own virtual environment, where it was run before, or ours."""
    own = folder / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def untestable(folder: Path) -> str | None:
    """Say why a service's tests cannot be run: its Python has not what they need where it was only served."""
    own = folder / ".venv" / "bin"
    if (own / "pytest").exists() or not own.exists():
        return None
    return "its Python has no pytest: `make lint` there installs what they need; --no-tests leaves them out"


def environment(**settings: str) -> dict[str, str]:
    """What a process of the service finds in its environment. It writes nothing into the folder by itself."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": f".{os.pathsep}src"} | settings
