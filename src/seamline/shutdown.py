"""Being asked to end: while a process is still starting, and while it serves."""

import signal
import sys
from types import FrameType

_asked = False
_draining = False


def install() -> None:
    """End by way of everything that has to be undone."""
    signal.signal(signal.SIGTERM, _end)


def is_requested() -> bool:
    """Tell whether it was: the exit is lost where it comes up in what Python does in between, such as a finalizer."""
    return _asked


def exit_if_requested() -> None:
    """End now, if it was."""
    if _asked:
        sys.exit(128 + signal.SIGTERM)


def drain() -> None:
    """Say from now on that nobody should send requests here any more; those that come are served."""
    global _draining
    _draining = True


def is_draining() -> bool:
    """Tell whether this process serves only until those who send requests have noticed."""
    return _draining


def _end(number: int, frame: FrameType | None) -> None:
    global _asked
    _asked = True
    sys.exit(128 + number)
