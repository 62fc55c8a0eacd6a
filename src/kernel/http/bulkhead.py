"""Bulkheads: a module that is slow holds some of the threads, never all (Nygard, "Release It!")."""

import threading

from contracts.language import Rejected

SLOTS = 2
"""Requests that may be under way to one module at a time. The server makes it half of its threads."""
PATIENCE = 1.0
"""Seconds to wait for another request to end, where there are that many."""


class Bulkhead:
    """Lets `SLOTS` requests in at a time, as a block. Raises `Rejected` where it is full.

    A burst waits for its turn. Once somebody waited in vain, nobody waits any more until a request ends.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._slots = threading.BoundedSemaphore(SLOTS)
        self._stuck = False

    def __enter__(self) -> None:
        if not self._slots.acquire(timeout=0 if self._stuck else PATIENCE):
            self._stuck = True
            raise Rejected(module=self._module)

    def __exit__(self, *_: object) -> None:
        self._stuck = False
        self._slots.release()
