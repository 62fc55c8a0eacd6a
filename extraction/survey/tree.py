"""The files of a project: which are read, and which are left out."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from extraction.survey.model import Unreadable

MAX_BYTES = 2_000_000
SKIPPED_FOLDERS = frozenset(
    {"node_modules", "bower_components", "site-packages", "__pycache__", "__pypackages__", "venv"}
)
TEST_FOLDERS = frozenset({"test", "tests", "testing"})
_TEST_FILE = re.compile(r"(test_.*|.*_tests?|tests|conftest)\.py")
_TEMPLATE_FOLDERS = ("templates", "jinja2")
_TEMPLATE_SUFFIXES = frozenset({".html", ".htm", ".txt", ".xml", ".jinja", ".jinja2", ".j2", ".mjml", ".djhtml", ".md"})


@dataclass(slots=True)
class Tree:
    """A project's files, from its root, with forward slashes."""

    root: Path
    python: list[str] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    packages: set[str] = field(default_factory=set)
    """Folders with an `__init__.py`."""
    unreadable: list[Unreadable] = field(default_factory=list)
    tests: int = 0

    @classmethod
    def of(cls, root: Path) -> "Tree":
        """Walk a folder, never through a symbolic link."""
        tree = cls(root)
        for folder, folders, files in os.walk(root, onerror=tree._refused):
            relative = Path(folder).relative_to(root).as_posix().removeprefix(".")
            folders[:] = [name for name in tree._named(relative, folders) if _is_walked(Path(folder, name))]
            if "__init__.py" in files:
                tree.packages.add(relative)
            for name in tree._named(relative, files):
                tree._sort(f"{relative}/{name}" if relative else name)
        return tree

    def _named(self, folder: str, names: list[str]) -> list[str]:
        """Those whose names are text, which no output can do without."""
        for name in names:
            if not _is_text(name):
                shown = os.fsencode(f"{folder}/{name}".lstrip("/")).decode(errors="replace")
                self.unreadable.append(Unreadable(shown, 1, "its name is no UTF-8"))
        return sorted(filter(_is_text, names))

    def _sort(self, path: str) -> None:
        if path.endswith(".py"):
            if is_test(path):
                self.tests += 1
            elif self._is_readable(path):
                self.python.append(path)
        elif is_template(path) and not is_test(path) and self._is_readable(path):
            self.templates.append(path)

    def _is_readable(self, path: str) -> bool:
        full = self.root / path
        if full.is_symlink():
            return False  # what it points at is read where it stands, or is none of the project's
        if not full.is_file():
            self.unreadable.append(Unreadable(path, 1, "it is no plain file"))
            return False
        size = full.stat().st_size
        if size > MAX_BYTES:
            self.unreadable.append(Unreadable(path, 1, f"it has {size:,} bytes; more than {MAX_BYTES:,} are not read"))
        return size <= MAX_BYTES

    def _refused(self, error: OSError) -> None:
        path = Path(error.filename or self.root)
        self.unreadable.append(Unreadable(path.relative_to(self.root).as_posix(), 1, error.strerror or "not readable"))


def is_test(path: str) -> bool:
    """Tell whether a file is a test or a helper of tests."""
    *folders, name = path.split("/")
    return not TEST_FOLDERS.isdisjoint(folders) or bool(_TEST_FILE.fullmatch(name))


def is_migration(path: str) -> bool:
    """Tell whether a file is a migration."""
    return "migrations" in path.split("/")[:-1]


def is_template(path: str) -> bool:
    """Tell whether a file is a template."""
    parts = path.split("/")
    return Path(path).suffix in _TEMPLATE_SUFFIXES and any(name in parts[:-1] for name in _TEMPLATE_FOLDERS)


def template_name(path: str) -> tuple[str, str]:
    """The folder that holds the templates, and the name that a template is asked for by."""
    parts = path.split("/")
    at = next(n for n, part in enumerate(parts) if part in _TEMPLATE_FOLDERS)
    return "/".join(parts[:at]), "/".join(parts[at + 1 :])


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_walked(folder: Path) -> bool:
    if folder.name.startswith(".") or folder.name in SKIPPED_FOLDERS or folder.is_symlink():
        return False
    return not (folder / "pyvenv.cfg").exists()


def python_names(tree: Tree) -> Iterator[tuple[str, str]]:
    """Give each Python file the dotted name that its packages give it."""
    for path in tree.python:
        folder, _, name = path.rpartition("/")
        parts = [] if name == "__init__.py" else [name.removesuffix(".py")]
        while folder in tree.packages and folder:
            folder, _, last = folder.rpartition("/")
            parts.insert(0, last)
        yield path, ".".join(parts)
