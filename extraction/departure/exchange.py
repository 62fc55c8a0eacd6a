"""Put files in the place of others: all of them, or none."""

import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from extraction import interruption, system, writer
from extraction.departure.places import Refused
from extraction.plan import File

PREFIX = ".extraction."
WAY_BACK = "way-back"
"""A command, for whoever finds what a process left that could not undo what it did."""


def refuse_unfinished(root: Path) -> None:
    """Make sure that no exchange was cut off here. Raises `Refused` with the way back."""
    for aside in root.glob(f"{PREFIX}*"):
        note = aside / WAY_BACK
        command = note.read_text() if note.exists() else f"rm -r {aside.name}"
        raise Refused(
            f"a finish or fold was cut off here. Unless one is still at work, go back to before it, in {root}:\n"
            f"  {command}"
        )


@contextmanager
def exchanged(root: Path, folder: str, files: Sequence[File]) -> Iterator[None]:
    """Have `folder` hold those of the files that are below it and nothing else, and the others be where they belong.

    What was there before is put aside, and is back when the block raises, Ctrl-C included. It is deleted at its end.
    All of it has to be committed: that is the way back after `kill -9`.
    """
    with system.writing(root):
        aside = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{Path(folder).name}.", dir=root))
    try:
        paths = [folder, *(file.path for file in files if not file.path.startswith(f"{folder}/"))]
        with system.writing(root):
            writer.put(aside / "new", files)
            (aside / WAY_BACK).write_text(_way_back(root, paths, aside))
        moved: list[tuple[str, bool]] = []
        try:
            with interruption.deferred(), system.writing(root):
                for path in paths:
                    moved.append((path, (root / path).exists()))
                    _swap(root / path, aside / "new" / path, aside / "old" / path)
            yield
        except BaseException:
            with interruption.deferred():
                for path, was_there in reversed(moved):
                    _back(root / path, aside / "old" / path, was_there)
            raise
    finally:
        with interruption.deferred():
            shutil.rmtree(aside, ignore_errors=True)


def _way_back(root: Path, paths: Sequence[str], aside: Path) -> str:
    known = [path for path in paths if (root / path).exists()]
    restore = [f"git checkout HEAD -- {shlex.join(known)}"] if known else []
    return " && ".join([*restore, f"git clean -fdq -- {shlex.join(paths)}", f"rm -r {aside.name}"])


def _swap(place: Path, new: Path, old: Path) -> None:
    old.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        place.rename(old)
    place.parent.mkdir(parents=True, exist_ok=True)
    new.rename(place)


def _back(place: Path, old: Path, was_there: bool) -> None:
    if was_there and not old.exists():
        return  # it was not moved yet
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    if was_there:
        old.rename(place)
