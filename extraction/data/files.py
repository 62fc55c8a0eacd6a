"""The files that rows name. They are in no database, but in a folder beside it, `MEDIA_ROOT`."""

import filecmp
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from extraction.data.database import Connection, Database
from extraction.processes import os_errors

NAMED = 3
"""Files that are named of those that are not there."""


@dataclass(frozen=True)
class Carried:
    """What was copied of the files that rows name."""

    number: int
    size: int
    missing: tuple[str, ...]
    """Such as are not in the source either."""


def columns(source: Database, target: Database) -> tuple[tuple[str, str], ...]:
    """Find the columns that name files, by whichever side has code to ask: tables and columns."""
    return source.file_columns or target.file_columns


def copy(reading: Connection, source: Database, target: Database, say: Callable[[str], None]) -> Carried | None:
    """Copy the files that rows of `reading` name, each whole. None where a side does not say where they are."""
    if not (source.media and target.media):
        return None
    names = list(_names(reading, columns(source, target)))
    if names and source.media != target.media:
        say(f"copying {len(names):,} file{'' if len(names) == 1 else 's'}")
    sizes, missing = [], []
    for name in names:
        old, new = _below(source.media, name), _below(target.media, name)
        if not old or not new or not old.is_file():
            missing.append(name)
            continue
        sizes.append(old.stat().st_size)
        if old != new and not _is_same(old, new):
            with os_errors.naming(new):
                _put(old, new)
    return Carried(len(sizes), sum(sizes), tuple(missing))


def differences(reading: Connection, source: Database, target: Database) -> list[str]:
    """Name some of the files that the target does not have as the source has them."""
    if not (source.media and target.media):
        return []
    unlike = []
    for name in _names(reading, columns(source, target)):
        old, new = _below(source.media, name), _below(target.media, name)
        if old and new and old.is_file() and not _is_same(old, new):
            unlike.append(name)
    return [f"files: {len(unlike):,} not as in the source: {listed(unlike)}"] if unlike else []


def listed(names: Iterable[str]) -> str:
    """Name some files for a reader."""
    names = list(names)
    return ", ".join(names[:NAMED]) + (", …" if names[NAMED:] else "")


def _names(reading: Connection, columns: Iterable[tuple[str, str]]) -> Iterator[str]:
    query = sql.SQL("SELECT DISTINCT {0} FROM {1} WHERE {0} <> '' ORDER BY 1")
    for table, column in columns:
        found = reading.execute(query.format(sql.Identifier(column), sql.Identifier(table))).fetchall()
        yield from (name for (name,) in found)


def _below(folder: Path, name: str) -> Path | None:
    """A file below a folder; None where its name leads out of it."""
    place = (folder / name).resolve()
    return place if place.is_relative_to(folder.resolve()) else None


def _is_same(old: Path, new: Path) -> bool:
    return new.is_file() and filecmp.cmp(old, new)


def _put(old: Path, new: Path) -> None:
    new.parent.mkdir(parents=True, exist_ok=True)
    unfinished = new.with_name(f".{new.name}.{os.getpid()}")
    try:
        # With its times, by which the next copy knows that it is the same.
        shutil.copy2(old, unfinished)
        unfinished.replace(new)
    finally:
        unfinished.unlink(missing_ok=True)
