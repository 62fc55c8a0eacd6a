"""Being asked to end, while a process is still starting."""

import signal
import sys
from types import FrameType

_asked = False


def prepare() -> None:
    """End by way of everything that has to be undone."""
    signal.signal(signal.SIGTERM, _end)


def was_asked() -> bool:
    """Whether it was: the exit is lost where it comes up in what Python does in between, such as a finalizer."""
    return _asked


def heed() -> None:
    """End now, if it was."""
    if _asked:
        sys.exit(128 + signal.SIGTERM)


def _end(number: int, frame: FrameType | None) -> None:
    global _asked
    _asked = True
    sys.exit(128 + number)
