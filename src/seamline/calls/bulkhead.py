"""Bulkheads: a module that is slow holds some of the threads, never all (Nygard, "Release It!")."""

import threading
import time

from seamline.contract import Rejected
from seamline.observability import metrics


class Bulkhead:
    """Lets so many in at a time, as a block. Raises `Rejected` where it is full.

    A burst waits for its turn, `acquire_timeout` seconds at most. Once somebody waited in vain, nobody waits any more
    until somebody leaves.
    """

    def __init__(self, module: str, max_concurrent_calls: int, acquire_timeout: float) -> None:
        self._module = module
        self._acquire_timeout = acquire_timeout
        self._slots = threading.BoundedSemaphore(max_concurrent_calls)
        self._is_stuck = False

    def __enter__(self) -> None:
        if self._slots.acquire(blocking=False):
            return
        began = time.monotonic()
        entered = self._slots.acquire(timeout=0 if self._is_stuck else self._acquire_timeout)
        outcome = "entered" if entered else "rejected"
        metrics.bulkhead_wait.labels(self._module, outcome).observe(time.monotonic() - began)
        if not entered:
            self._is_stuck = True
            raise Rejected(module=self._module)

    def __exit__(self, *_: object) -> None:
        self._is_stuck = False
        self._slots.release()
