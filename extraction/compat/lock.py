"""The lock: what was promised so far, one JSON file per contract file, changed only by `compat --update`."""

from pathlib import Path

import msgspec

from extraction.compat.description import ContractFile, Description
from extraction.processes.errors import InvalidArgument, Refused
from extraction.reading.layout import LOCKS, lock_file


def read(root: Path) -> Description:
    """Read what is locked. Raises `Refused` for a file that is no lock."""
    found = {}
    for path in sorted((root / LOCKS).glob("*.json")):
        try:
            found[path.stem] = msgspec.json.decode(path.read_bytes(), type=ContractFile)
        except msgspec.MsgspecError as error:
            raise Refused(f"{lock_file(path.stem)} is no lock ({error}): restore it from git") from None
    return found


def find_drafts(locked: Description) -> list[str]:
    """Name the contract files that nobody runs yet."""
    return sorted(name for name, file in locked.items() if file.draft)


def keep_drafts(now: Description, locked: Description) -> Description:
    """Describe as drafts what is one by its lock: a contract file does not say so itself."""
    drafts = set(find_drafts(locked))
    return {name: msgspec.structs.replace(file, draft=name in drafts) for name, file in now.items()}


def release(root: Path, name: str, now: Description) -> str:
    """Lock a draft as it is now, and as one no longer. Return the path of the lock. Raises `InvalidArgument`."""
    drafts = find_drafts(read(root))
    if name not in drafts or name not in now:
        raise InvalidArgument(f"{name} is no draft; there are: {', '.join(drafts) or '(none)'}")
    path = lock_file(name)
    (root / path).write_text(msgspec.structs.replace(now[name], draft=False).as_text(), encoding="utf-8")
    return path


def stale(root: Path, now: Description) -> list[str]:
    """List the paths of lock files that are not what `write` would make of the contracts as they are now."""
    paths = {path.stem for path in (root / LOCKS).glob("*.json")} | now.keys()
    return [lock_file(name) for name in sorted(paths) if _locked(root, name) != _text(now.get(name))]


def write(root: Path, now: Description) -> list[str]:
    """Lock the contracts as they are now. Gives the paths of the files that were changed."""
    changed = stale(root, now)
    for path in changed:
        place = root / path
        if place.stem in now:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(now[place.stem].as_text(), encoding="utf-8")
        else:
            place.unlink()
    return changed


def _locked(root: Path, name: str) -> str | None:
    place = root / lock_file(name)
    return place.read_text(encoding="utf-8") if place.exists() else None


def _text(file: ContractFile | None) -> str | None:
    return file.as_text() if file else None
