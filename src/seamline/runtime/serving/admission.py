"""Who may have a thread: nobody so many that nothing is left for the others (Nygard's bulkheads, in the event loop).

A request waits for its turn where it holds no thread, so that those who wait for one module keep nobody else waiting.
"""

import time
from collections import Counter
from collections.abc import Callable

STUCK_SECONDS = 3.0
"""How long none of a holder's requests has ended, before the next ones are rejected."""


class Admission:
    """Counts the threads of a pool, and those of each holder: a module, or the bodies that are still on their way."""

    def __init__(self, threads: int, share: Callable[[str], int]) -> None:
        self._free = threads
        self._share = share
        """How many threads a holder may have."""
        self._held: Counter[str] = Counter()
        self._moved: dict[str, float] = {}
        """When a holder got or gave back a thread last."""

    def enter(self, holder: str) -> bool:
        """Take a thread, if there is one and the holder has not its share already."""
        if not self._free or self._has_its_share(holder):
            return False
        self._free -= 1
        self._held[holder] += 1
        self._moved[holder] = time.monotonic()
        return True

    def leave(self, holder: str) -> None:
        """Give it back."""
        self._free += 1
        self._held[holder] -= 1
        self._moved[holder] = time.monotonic()
        if not self._held[holder]:
            del self._held[holder], self._moved[holder]

    def is_stuck(self, holder: str) -> bool:
        """Tell whether it has its share, and nothing moves: waiting would be in vain."""
        return self._has_its_share(holder) and time.monotonic() - self._moved[holder] > STUCK_SECONDS

    def _has_its_share(self, holder: str) -> bool:
        return self._held[holder] >= self._share(holder)
