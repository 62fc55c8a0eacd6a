"""The files that are the same in every deployable: in a repository beside this tool, or carried by an installed one.

It needs the standard library alone: what builds this tool's wheel reads the list of them here.
"""

from collections.abc import Iterator
from pathlib import Path

from extraction.processes import installation

PINS = "requirements/dev.txt"
"""What is pinned, all of it."""
CHANGELOG = "CHANGELOG.md"
READ = (CHANGELOG, PINS)
"""Files that go along for this tool to read, and that no deployable gets as they are."""
FILES = (
    ".dockerignore",
    ".editorconfig",
    ".env.example",
    ".gitignore",
    CHANGELOG,
    "Dockerfile",
    "compose.yaml",
    "conftest.py",
    "contracts/__init__.py",
    "contracts/lock/language.json",
    "deployable.mk",
    "manage.py",
    "pyproject.toml",
    PINS,
    "src/modules/__init__.py",
    "tests/__init__.py",
)
"""What a new system is made from, beside templates: as it is, or with a few words changed."""
FOLDERS = ("src/config", "tests/architecture")
"""Folders whose Python files go along."""
OWN = ("src/config/audits/", "src/config/identity.py")
"""What each deployable has of its own in those."""
CARRIED = "deployable"
"""The folder in an installed tool that has them."""


def read_all() -> dict[str, bytes]:
    """Read every shared file, by its path in a deployable."""
    root = _root()
    return {path: (root / path).read_bytes() for path in list_paths(root)}


def list_paths(root: Path) -> Iterator[str]:
    """List the shared files that a folder has."""
    yield from (path for path in FILES if (root / path).is_file())
    for folder in FOLDERS:
        found = sorted(path.relative_to(root).as_posix() for path in (root / folder).rglob("*.py"))
        yield from (path for path in found if not path.startswith(OWN))


def read_changelog() -> str:
    """Read what changed from version to version; nothing, in a repository that has no changelog."""
    place = _root() / CHANGELOG
    return place.read_text(encoding="utf-8") if place.is_file() else ""


def _root() -> Path:
    return installation.PACKAGE / CARRIED if installation.is_installed() else installation.HOME
