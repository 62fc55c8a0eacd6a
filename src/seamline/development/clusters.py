"""The cluster of an embedded server: a folder for each major version of PostgreSQL, of which none reads another's."""

from pathlib import Path

MAJOR = 18
FOLDER = f"data-{MAJOR}"
UNNUMBERED = "data"
"""What a cluster's folder was called before it said of which version it is."""
PROGRAM = "PYTHONPATH=.:src .venv/bin/python -m seamline.development.programs"


class OtherMajorVersion(Exception):
    """There are databases of another version; the message says how to take them along."""


def prepare(directory: Path) -> None:
    """Make sure that a server of this version can use `directory`. Raises `OtherMajorVersion`."""
    wanted, before = directory / FOLDER, directory / UNNUMBERED
    if not wanted.exists() and _version(before) == str(MAJOR) and not (before / "postmaster.pid").exists():
        before.rename(wanted)
    if wanted.exists():
        return
    for found in (before, *sorted(directory.glob(f"{UNNUMBERED}-*"))):
        if version := _version(found):
            raise OtherMajorVersion(_instructions(directory, found, version))


def _version(cluster: Path) -> str | None:
    try:
        return (cluster / "PG_VERSION").read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _instructions(directory: Path, found: Path, version: str) -> str:
    if version == str(MAJOR):
        return f"a server has {found} open, or was killed there: end it, and remove {found / 'postmaster.pid'}"
    return (
        f"{found} has databases of PostgreSQL {version}, which this one, {MAJOR}, cannot read. Take them along:\n"
        f"  1. with the release that made them: {PROGRAM} {directory} pg_dumpall --file=databases.sql\n"
        f"  2. mv {found} {directory.parent}/\n"
        f"  3. with this release: {PROGRAM} {directory} psql --file=databases.sql postgres\n"
        "or leave out 1 and 3 to begin with empty databases"
    )
