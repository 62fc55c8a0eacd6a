"""Put files in the place of others: all of them, or none."""

import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from extraction.processes import interruption, os_errors
from extraction.processes.errors import Refused
from extraction.writing import writer
from extraction.writing.plan import File

PREFIX = ".extraction."
ROLLBACK_FILE = "rollback"
"""A command, for whoever finds what a process left that could not undo what it did."""


def refuse_unfinished(root: Path) -> None:
    """Make sure that no replacement was cut off here. Raises `Refused` with the rollback."""
    for aside in root.glob(f"{PREFIX}*"):
        note = aside / ROLLBACK_FILE
        command = note.read_text() if note.exists() else f"rm -r {aside.name}"
        raise Refused(
            f"a finish or fold was cut off here. Unless one is still at work, go back to before it, in {root}:\n"
            f"  {command}"
        )


@contextmanager
def replace_atomically(root: Path, folder: str, files: Sequence[File]) -> Iterator[None]:
    """Have `folder` hold those of the files that are below it and nothing else, and the others be where they belong.

    What was there before is put aside, and is back when the block raises, Ctrl-C included. It is deleted at its end.
    All of it has to be committed: that is the rollback after `kill -9`.
    """
    with os_errors.naming(root):
        aside = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{Path(folder).name}.", dir=root))
    try:
        paths = [folder, *(file.path for file in files if not file.path.startswith(f"{folder}/"))]
        with os_errors.naming(root):
            writer.put(aside / "new", files)
            (aside / ROLLBACK_FILE).write_text(_rollback_command(root, paths, aside))
        moved: list[tuple[str, bool]] = []
        try:
            with interruption.deferred(), os_errors.naming(root):
                for path in paths:
                    moved.append((path, (root / path).exists()))
                    _swap(root / path, aside / "new" / path, aside / "old" / path)
            yield
        except BaseException:
            with interruption.deferred():
                for path, was_there in reversed(moved):
                    _restore(root / path, aside / "old" / path, was_there)
            raise
    finally:
        with interruption.deferred():
            shutil.rmtree(aside, ignore_errors=True)


def _rollback_command(root: Path, paths: Sequence[str], aside: Path) -> str:
    known = [path for path in paths if (root / path).exists()]
    restore = [f"git checkout HEAD -- {shlex.join(known)}"] if known else []
    return " && ".join([*restore, f"git clean -fdq -- {shlex.join(paths)}", f"rm -r {aside.name}"])


def _swap(place: Path, new: Path, old: Path) -> None:
    old.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        place.rename(old)
    place.parent.mkdir(parents=True, exist_ok=True)
    new.rename(place)


def _restore(place: Path, old: Path, was_there: bool) -> None:
    if was_there and not old.exists():
        return  # it was not moved yet
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    if was_there:
        old.rename(place)
