"""Have ruff sort the imports and format, as `make fmt` does in a project."""

import sys
from pathlib import Path

from extraction.processes import runner

COMMANDS = (("check", "--fix-only", "--select", "I"), ("format",))

ALONE = ("format", "--isolated", "--line-length", "120")
"""As every deployable is formatted."""


def format_alone(path: str, text: str) -> str:
    """Format a Python file that is not in its project yet. Raises `Refused`."""
    ruff = ("-m", "ruff", *ALONE, "--quiet", "--no-cache", "--stdin-filename", path, "-")
    return runner.ask(Path.cwd(), f"ruff cannot format {path}", *ruff, python=sys.executable, given=text)


def format_python(root: Path, path: str, text: str) -> str:
    """Format a Python file of the project in `root`, as that is configured. Raises `Refused`."""
    for command in COMMANDS:
        ruff = ("-m", "ruff", *command, "--quiet", "--no-cache", "--stdin-filename", path, "-")
        text = runner.ask(root, f"ruff cannot format {path}", *ruff, python=sys.executable, given=text)
    return text
