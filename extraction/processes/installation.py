"""Where this tool stands, and what it finds from there: in a repository beside the runtime, or installed from a wheel.

It needs the standard library alone, so that it can say what else is missing.
"""

import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
HOME = PACKAGE.parent
SOURCES = HOME / "src"
WHEELS = PACKAGE / "wheels"


def is_installed() -> bool:
    """Whether this tool was installed from its wheel, and so is no part of the repository that it looks at."""
    return not (SOURCES / "seamline").is_dir()


def import_path() -> str:
    """Say where Python finds the runtime: a folder, or the wheel, from which it imports as well."""
    return str(carried_wheel() if is_installed() else SOURCES)


def reach_libraries(root: Path) -> None:
    """Let an installed tool read, behind its own libraries, those that are installed for the repository."""
    if is_installed():
        found = map(str, sorted((root / ".venv").glob("lib/python*/site-packages")))
        sys.path += [folder for folder in found if folder not in sys.path]


def how_to_install(missing: str) -> str:
    """Say what brings a library that is missing."""
    from_wheel = 'pip install "seamline-extraction[runtime]"'
    from_sources = "`make lint` installs requirements/dev.txt into .venv"
    return f"{missing} is not installed here: {from_wheel if is_installed() else from_sources}"


def carried_wheel() -> Path:
    """Find the one wheel that an installed tool carries."""
    [wheel] = WHEELS.glob("*.whl")
    return wheel
