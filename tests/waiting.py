"""Waiting for what comes about by itself: look again and again, until it is so or the time is over."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds that an effect of an event may take to show on a busy machine. Mostly it takes milliseconds."""
PAUSE = 0.01


def eventually(look: Callable[[], T], until: Callable[[T], object], within: float = PATIENCE) -> T:
    """What `look` sees, as soon as `until` accepts it. Fails with what was seen last."""
    deadline = time.monotonic() + within
    while not until(seen := look()):
        assert time.monotonic() < deadline, f"not so after {within} s; last seen: {seen!r}"
        time.sleep(PAUSE)
    return seen
