"""The runtime that belongs to this tool: the sources beside it, or the wheel that an installed one carries."""

import sys
from pathlib import Path

PACKAGE = Path(__file__).parent
SOURCES = PACKAGE.parent / "src"
WHEELS = PACKAGE / "wheels"


def is_installed() -> bool:
    """Whether this tool was installed from its wheel, and so is no part of the repository that it looks at."""
    return not (SOURCES / "seamline").is_dir()


def import_path() -> str:
    """Say where Python finds the runtime: a folder, or the wheel, from which it imports as well."""
    return str(_carried_wheel() if is_installed() else SOURCES)


def how_to_install(missing: str) -> str:
    """Say what brings a library that is missing."""
    brings = 'pip install "seamline-extraction[runtime]"'
    return f"{missing} is not installed here: " + (
        brings if is_installed() else "`make lint` installs requirements/dev.txt into .venv"
    )


def reach_libraries(root: Path) -> None:
    """Let an installed tool read, behind its own libraries, those that are installed for the repository."""
    if is_installed():
        found = map(str, sorted((root / ".venv").glob("lib/python*/site-packages")))
        sys.path += [folder for folder in found if folder not in sys.path]


def _carried_wheel() -> Path:
    [wheel] = WHEELS.glob("*.whl")
    return wheel
