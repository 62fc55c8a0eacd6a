"""Put files in the place of others so that whatever cuts it off, the folder is as it was or can be brought to the end.

What will be written lies in the folder first, with a journal that says what is to come of each path. Once the journal
is there, which one rename does, whoever comes next finishes what was begun. Before, nothing has changed.
"""

import fcntl
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from extraction.processes import interruption, os_errors
from extraction.processes.errors import Refused
from extraction.writing import writer
from extraction.writing.plan import File
from extraction.writing.written_record import MANIFEST

FOLDER = ".seamline/update"
"""Where it works; it is ignored by git, and gone at the end."""
NEW = f"{FOLDER}/new"
JOURNAL = f"{FOLDER}/journal.json"


class Step(msgspec.Struct, frozen=True):
    """What becomes of one path."""

    path: str
    before: str
    after: str
    """The states of it, as `describe` says them; empty where there is nothing."""


class Journal(msgspec.Struct, frozen=True):
    """What is to come about."""

    steps: tuple[Step, ...]
    told: str
    """What is said once it has come about."""


@contextmanager
def at_work(root: Path) -> Iterator[None]:
    """Hold a folder alone, until the process ends at the latest. Raises `Refused` where another one holds it."""
    with os_errors.naming(root):
        handle = os.open(root / Path(MANIFEST).parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"another update is at work in {root}: wait for it") from None
        yield
    finally:
        os.close(handle)


def recover(root: Path) -> str | None:
    """Finish what was cut off, and return what is to be said of it; None where there is nothing to finish."""
    if not (root / JOURNAL).exists():
        _clear(root)
        return None
    return _carry_out(root)


def replace(root: Path, written: Sequence[File], removed: Sequence[str], told: str) -> None:
    """Write these files and remove those. Raises `Refused`, before anything changed, where one cannot be put there."""
    _refuse_blocked(root, [*(file.path for file in written), *removed])
    try:
        with os_errors.naming(root):
            _prepare(root, written, removed, told)
    except BaseException:
        with interruption.deferred():
            if not (root / JOURNAL).exists():
                _clear(root)
        raise
    done = False
    try:
        with interruption.deferred():
            _carry_out(root)
            done = True
    except KeyboardInterrupt:
        if not done:
            raise  # and else it came too late: all is in place


def describe(place: Path) -> str:
    """Describe what is at a place: content, and whether it may be run."""
    try:
        mode = place.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    if stat.S_ISLNK(mode):
        return f"link {place.readlink()}"
    if not stat.S_ISREG(mode):
        return "another"
    return f"{'run' if mode & stat.S_IXUSR else 'file'} {hashlib.sha256(place.read_bytes()).hexdigest()}"


def _prepare(root: Path, written: Sequence[File], removed: Sequence[str], told: str) -> None:
    _clear(root)
    (root / NEW).mkdir(parents=True)
    (root / FOLDER / ".gitignore").write_text("*\n")
    writer.put(root / NEW, written)
    for file in written:
        _sync(root / NEW / file.path)
    steps = [Step(path, describe(root / path), "") for path in removed]
    # The record says which version wrote the folder, so it is the last.
    for file in sorted(written, key=lambda file: (file.path == MANIFEST, file.path)):
        steps.append(Step(file.path, describe(root / file.path), describe(root / NEW / file.path)))
    beside = root / f"{JOURNAL}.new"
    text = json.dumps(msgspec.to_builtins(Journal(tuple(steps), told)), indent=1)
    beside.write_text(text)
    _sync(beside)
    beside.rename(root / JOURNAL)
    _sync(root / FOLDER)


def _carry_out(root: Path) -> str:
    try:
        journal: Any = msgspec.json.decode((root / JOURNAL).read_bytes(), type=Journal)
    except msgspec.MsgspecError as error:
        raise Refused(f"{root / JOURNAL} cannot be read ({error}): have git bring back all, and remove it") from None
    for step in journal.steps:
        stands = describe(root / step.path)
        if stands not in (step.before, step.after):
            raise Refused(
                f"an update was cut off here, and {step.path} has been changed since. To finish it, have git bring "
                f"back all (git checkout -- .), and try again. To give it up, remove {FOLDER}/ and do the same"
            )
    with os_errors.naming(root):
        for step in journal.steps:
            _take(root, step)
        (root / JOURNAL).unlink()
    _clear(root)
    return str(journal.told)


def _take(root: Path, step: Step) -> None:
    place = root / step.path
    if not step.after:
        place.unlink(missing_ok=True)
        _remove_empty(root, step.path)
    elif describe(place) != step.after:
        place.parent.mkdir(parents=True, exist_ok=True)
        # What is staged stays, so that it can be done again by whoever had git bring back what was there.
        beside = root / FOLDER / "beside"
        beside.unlink(missing_ok=True)
        shutil.copy2(root / NEW / step.path, beside, follow_symlinks=False)
        beside.replace(place)


def _remove_empty(root: Path, path: str) -> None:
    """Remove the folders that a file has left empty, also where it was removed before the process was killed."""
    for parent in list(Path(path).parents)[:-1]:
        with suppress(FileNotFoundError):
            if any((root / parent).iterdir()):
                return
            (root / parent).rmdir()


def _refuse_blocked(root: Path, paths: Sequence[str]) -> None:
    for path in paths:
        place = root / path
        if place.is_dir() and not place.is_symlink():
            raise Refused(f"{path} is a folder here, and a file in what is written: move it away first")
        for parent in place.relative_to(root).parents:
            above = root / parent
            if parent != Path() and (above.is_symlink() or (above.exists() and not above.is_dir())):
                raise Refused(f"{parent} is no folder here, and {path} would be in it: move it away first")
        standing = next(root / parent for parent in place.relative_to(root).parents if (root / parent).is_dir())
        if not os.access(standing, os.W_OK | os.X_OK):
            raise Refused(f"{standing} may not be written to: do it as a user who may")


def _sync(place: Path) -> None:
    if place.is_symlink():
        return
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clear(root: Path) -> None:
    if (root / FOLDER).is_symlink():
        (root / FOLDER).unlink()
    shutil.rmtree(root / FOLDER, ignore_errors=True)
