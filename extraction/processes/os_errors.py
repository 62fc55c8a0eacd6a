"""What the operating system refuses, in words: where, what, and what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAKE_ROOM = "make room there"
NOT_YOURS = "name another place, or do it as a user who may"
REMEDIES = {
    errno.EACCES: NOT_YOURS,
    errno.EDQUOT: MAKE_ROOM,
    errno.ENOSPC: MAKE_ROOM,
    errno.EPERM: NOT_YOURS,
    errno.EROFS: "make it writable, or name another place",
}


def describe_os_error(error: OSError) -> str:
    """Describe an error as part of a line."""
    if isinstance(error, FileNotFoundError) and error.filename == "git":
        return "there is no git to ask: install it, or have it in PATH"
    what = error.strerror or str(error) or type(error).__name__
    where = f"{error.filename}: " if error.filename else ""
    remedy = REMEDIES.get(error.errno or 0)
    return f"{where}{what}{f'; {remedy}' if remedy else ''}"


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Have errors name this path. The system names none when a disk is full, and else a temporary one."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise
