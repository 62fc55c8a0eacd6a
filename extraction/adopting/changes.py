"""What a stage comes to: files with their new texts, and remarks on what a person has to see to."""

import difflib
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from extraction.processes import git, interruption, os_errors
from extraction.processes.errors import Refused


class Remark(NamedTuple):
    """Something that the command does not do, where it is, and why."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class Obstructed(Refused):
    """Something stands in the way of a stage, and nothing was written."""

    def __init__(self, stage: str, remarks: Iterable[Remark]) -> None:
        self.remarks = sorted(set(remarks))
        number = len(self.remarks)
        super().__init__(f"{number} thing{'' if number == 1 else 's'} in the way of {stage}; nothing was written")


@dataclass(slots=True)
class Changes:
    """Files by their paths from the root, with forward slashes. None stands for one that goes."""

    root: Path
    files: dict[str, str | None] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was done, a line each."""

    def text(self, path: str) -> str:
        """Return a file's text as it will be; empty for one that is not there. Raises `Refused` where it is no text."""
        if path in self.files:
            return self.files[path] or ""
        full = self.root / path
        try:
            return full.read_bytes().decode("utf-8") if full.is_file() else ""
        except UnicodeDecodeError:
            raise Refused(f"{path} is no UTF-8: have it as such, and adopt again") from None

    def put(self, path: str, text: str) -> None:
        """Have a file be of this text."""
        if text != self.text(path) or not (self.root / path).exists():
            self.files[path] = text

    def delete(self, path: str) -> None:
        """Have a file go."""
        self.files[path] = None

    def remark(self, path: str, line: int, text: str) -> None:
        """Leave something to a person."""
        self.remarks.append(Remark(path, line, text))

    def diff(self) -> str:
        """Return the whole change as `git diff` has it."""
        return "".join(line for path in sorted(self.files) for line in self._diff(path))

    def _diff(self, path: str) -> Iterable[str]:
        new, full = self.files[path], self.root / path
        old = full.read_bytes().decode("utf-8", errors="replace") if full.is_file() else None
        before, after = ("/dev/null" if text is None else f"{side}/{path}" for side, text in (("a", old), ("b", new)))
        yield f"diff --git a/{path} b/{path}\n"
        for line in difflib.unified_diff(_lines(old), _lines(new), before, after):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"

    def write(self) -> None:
        """Write all of it. What was there is back when that fails, or is interrupted."""
        before: dict[Path, bytes | None] = {}
        try:
            with interruption.deferred(), os_errors.naming(self.root):
                for path, text in sorted(self.files.items()):
                    full = self.root / path
                    before[full] = full.read_bytes() if full.is_file() else None
                    _replace(full, None if text is None else text.encode())
        except BaseException:
            with interruption.deferred():
                for full, content in before.items():
                    with suppress(OSError):
                        _replace(full, content)
            raise


def refuse_dirty(root: Path) -> None:
    """Make sure that whatever is written can be told from what was there. Raises `Refused`."""
    if not git.is_installed():
        raise Refused("there is no git: the change is to be reviewed in it; --force writes without")
    try:
        said = git.run(root, "status", "--porcelain", "--", ".")
    except Refused:
        raise Refused(f"{root} is under no git: `git init` and commit what is there; --force writes without") from None
    if said.strip():
        first = said.splitlines()[0][3:]
        raise Refused(f"{first} is not committed: commit or stash what you have; --force writes beside it")


def _lines(text: str | None) -> list[str]:
    return text.splitlines(keepends=True) if text else []


def _replace(path: Path, content: bytes | None) -> None:
    """Put a file in the place of another in one step, with the mode that it had."""
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".extraction.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
