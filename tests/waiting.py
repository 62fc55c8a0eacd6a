"""Waiting for what comes about by itself, and judging how long that took: fairly, on a machine that may be busy."""

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 60.0 * float(os.environ.get("TEST_PATIENCE", "1"))
"""Unhurried seconds after which nothing is expected any more. What is waited for mostly takes milliseconds, so that
only a failure takes long. TEST_PATIENCE multiplies it where even that is too short."""
PAUSES = 0.01, 0.2
"""Seconds between two looks, the first and the longest: who is looked at has better things to do than to answer."""
STARVED_COUNTS = 0.1
"""What a second counts in which somebody waited for a processor."""
_PRESSURE = Path("/proc/pressure/cpu")


def eventually(look: Callable[[], T], until: Callable[[T], object], within: float = PATIENCE) -> T:
    """Look again and again until it is so, and return what was seen; fail with what was seen last."""
    deadline = unhurried() + within
    pause, longest = PAUSES
    while not until(seen := look()):
        assert unhurried() < deadline, f"not so after {within:g} unhurried seconds; last seen: {seen!r}"
        time.sleep(pause)
        pause = min(pause * 1.25, longest)
    return seen


def unhurried() -> float:
    """Read a clock that nearly stands still while the machine has more to do than it can.

    A limit by this clock says what a program may take of its own accord, and not what others let it wait.
    """
    return time.monotonic() - (1 - STARVED_COUNTS) * _starved()


def _starved() -> float:
    """Read how long anybody has waited for a processor, in seconds; 0 where the runtime does not tell."""
    with suppress(OSError):
        if told := re.search(r"some .*total=(\d+)", _PRESSURE.read_text()):
            return int(told[1]) / 1e6
    return 0.0
