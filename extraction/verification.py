"""Does what was written hold together? Asked of the written folder by processes of its own."""

import os
import subprocess
import sys
from pathlib import Path

LINT = "from importlinter.cli import lint_imports_command as main; main()"
CHECKS = {
    "it does not start": ("manage.py", "check"),
    "it breaks its layers": ("-c", LINT, "--config", "importlinter.ini", "--no-cache", "--no-logo"),
}
KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TMPDIR")
"""What of the environment goes along. The monolith's settings are not the service's."""
PATIENCE = 120.0


class Unsound(Exception):
    """The written service does not hold together; the message has what was said of it."""


def verify(folder: Path) -> None:
    """Start the service's management command, and check its layers. Raises `Unsound`."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": f".{os.pathsep}src"}
    for problem, command in CHECKS.items():
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            text=True,
        )
        if done.returncode:
            raise Unsound(f"{problem}:\n{done.stdout.strip()}")
