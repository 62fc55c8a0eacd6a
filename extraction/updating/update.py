"""`update`: what an older version wrote becomes what this one writes, with what was changed there meanwhile."""

import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from extraction.processes import git, runner
from extraction.processes.errors import Refused
from extraction.updating import changelog, journal, locks, rewriting
from extraction.updating.changelog import Section
from extraction.updating.merging import Merged, Scratch
from extraction.writing import runtime_wheel, writer, written_record
from extraction.writing.plan import OPENAPI, File
from extraction.writing.runtime_wheel import FOLDER
from extraction.writing.written_record import Record

MAX_LISTED = 10
"""Of files that are in the way."""
_DESCRIBE = ("manage.py", "spectacular", "--file", OPENAPI)


@dataclass(frozen=True)
class Update:
    """What an update does to a folder, worked out before anything is changed."""

    folder: Path
    before: str
    """The version that wrote the folder."""
    after: str
    merged: Merged
    sections: tuple[Section, ...]
    """What the changelog has of the versions between."""

    @property
    def is_needed(self) -> bool:
        """Whether anything would change."""
        return bool(self.merged.written or self.merged.removed)

    def summary(self) -> str:
        """Say what comes about, and what a person has to do."""
        merged = self.merged
        lines = [f"files: {len(merged.written)} written, {len(merged.removed)} removed"]
        lines += _block("Decided, and for you to see", merged.notes)
        for heading in (changelog.UPGRADE, changelog.SECURITY):
            entries = (f"{one.name}: {entry}" for one in self.sections for entry in one.entries.get(heading, ()))
            lines += _block({changelog.UPGRADE: "To do by hand"}.get(heading, heading), entries)
        lines += _block("Conflicts, marked in the file: settle each", merged.conflicts)
        return "\n".join(lines)


def refuse_uncommitted(folder: Path) -> None:
    """Make sure that git could bring back all that is in a folder. Raises `Refused`."""
    try:
        status = git.run(folder, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", ".")
    except Refused:
        raise Refused(f"{folder} is not under git, which could bring it back: commit it, or say --force") from None
    if changed := [entry[3:] for entry in status.split("\0") if entry]:
        more = [f"and {len(changed) - MAX_LISTED} more"] if len(changed) > MAX_LISTED else []
        listed = "\n  ".join([*changed[:MAX_LISTED], *more])
        raise Refused(f"not committed in {folder}; commit it, put it aside (git stash), or say --force:\n  {listed}")


def plan(folder: Path) -> Update:
    """Work out an update, and change nothing. Raises `Refused`."""
    record = written_record.read(folder)
    before, after = record.manifest.version, runtime_wheel.find().version
    _refuse_later(folder, before, after)
    theirs = {file.path: file for file in rewriting.rewrite(record)}
    with Scratch(folder, f"seamline-{after}") as scratch:
        wheels = [theirs.pop(path) for path in [*theirs] if not written_record.is_kept(path)]
        merged = _exchange_wheels(folder, wheels, scratch.merge(record.files, theirs.values()))
        merged = merged.put(*_merge_locks(folder, record, theirs, merged))
        if OPENAPI in theirs and (folder / OPENAPI).is_file() and merged.path_set():
            merged = _describe(folder, scratch, merged)
    described = next((file for file in merged.written if file.path == OPENAPI), theirs.get(OPENAPI))
    if described:
        theirs[OPENAPI] = described
    options = rewriting.renew_options(record)
    merged = merged.put(*written_record.record(theirs.values(), record.manifest.command, options))
    return Update(folder, before, after, _without_same(folder, merged), changelog.since(before))


def carry_out(update: Update) -> None:
    """Put it in place, in whole. Raises `Refused` where it cannot be, and has changed nothing then."""
    journal.replace(update.folder, update.merged.written, update.merged.removed, update.summary())


def _refuse_later(folder: Path, before: str, after: str) -> None:
    if Version(changelog.parse_version(before).public) > Version(Version(after).public):
        raise Refused(f"{folder} was written by {before}, which is later than this version, {after}: use a later one")


def _exchange_wheels(folder: Path, wheels: Iterable[File], merged: Merged) -> Merged:
    """Put our wheels in the place of older ones; where somebody removed those, an index has to have them."""
    removed, notes = list(merged.removed), list(merged.notes)
    for wheel in wheels:
        distribution = Path(wheel.path).name.partition("-")[0]
        stand = [path.relative_to(folder).as_posix() for path in folder.glob(f"{FOLDER}/{distribution}-[0-9]*.whl")]
        if stand:
            removed += [path for path in stand if path != wheel.path]
            merged = merged.put(wheel)
        else:
            notes.append(f"{wheel.path} was left out, as {FOLDER}/ has no earlier one: an index has to have it")
    return Merged(merged.written, tuple(sorted(removed)), merged.conflicts, tuple(notes))


def _merge_locks(folder: Path, record: Record, theirs: Mapping[str, File], merged: Merged) -> Iterator[File]:
    """Merge the lists of pins that both sides changed."""
    base = {file.path: file for file in record.files}
    inputs = {path: text.read_text() for path in _list_inputs(folder) if (text := folder / path).is_file()}
    inputs |= {file.path: file.content.decode() for file in merged.written if file.path.endswith(".in")}
    inputs = {path: text for path, text in inputs.items() if path not in merged.removed}
    for path in locks.LOCKS:
        if not (path in base and path in theirs and (folder / path).is_file()):
            continue
        old, new, here = base[path].content, theirs[path].content, (folder / path).read_bytes()
        if here not in (old, new) and old != new:
            merged_lock = locks.merge(path, (old.decode(), here.decode(), new.decode()), inputs)
            yield File(path, merged_lock.encode())


def _list_inputs(folder: Path) -> list[str]:
    found = [*folder.glob("requirements/*.in"), *folder.glob("src/modules/*/requirements*.in")]
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _describe(folder: Path, scratch: Scratch, merged: Merged) -> Merged:
    """Have the updated service write the description of its API; where it cannot, leave that to a person."""
    with tempfile.TemporaryDirectory(prefix="extraction.") as temporary:
        whole = Path(temporary)
        scratch.put_tree(merged, whole)
        wheel = runtime_wheel.find()
        writer.put(whole, [File(wheel.path, wheel.content)])
        reason = _run_any(whole, _pythons(folder))
        if not reason:
            return merged.put(File(OPENAPI, (whole / OPENAPI).read_bytes()))
    again = f".venv/bin/python {' '.join(_DESCRIBE)}"
    note = f"{OPENAPI} stays as it is: {reason}. Once it loads: {again}"
    return Merged(merged.written, merged.removed, merged.conflicts, (*merged.notes, note))


def _run_any(whole: Path, pythons: Iterable[str]) -> str:
    """Describe it by the first Python that has what it imports; say why none could."""
    reason = ""
    for python in pythons:
        try:
            runner.ask(whole, "it does not load", *_DESCRIBE, python=python)
        except Refused as refused:
            reason = reason or str(refused)
        else:
            return ""
    return reason


def _pythons(folder: Path) -> Iterator[str]:
    yield sys.executable
    own = folder / ".venv/bin/python"
    if own.exists():
        yield str(own)


def _without_same(folder: Path, merged: Merged) -> Merged:
    """Leave out files that stand there already as they would be written."""
    written = tuple(file for file in merged.written if not _stands(folder / file.path, file))
    return Merged(written, merged.removed, merged.conflicts, merged.notes)


def _stands(place: Path, file: File) -> bool:
    if file.link or place.is_symlink() or not place.is_file():
        return False
    return place.read_bytes() == file.content and bool(place.stat().st_mode & 0o100) == file.executable


def _block(title: str, entries: Iterable[str]) -> list[str]:
    listed = [f"  - {entry}" for entry in entries]
    return ["", f"{title}:", *listed] if listed else []
