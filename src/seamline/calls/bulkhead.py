"""Bulkheads: a module that is slow holds some of the threads, never all (Nygard, "Release It!")."""

import threading

from seamline.contract import Rejected


class Bulkhead:
    """Lets so many in at a time, as a block. Raises `Rejected` where it is full.

    A burst waits for its turn, `patience` seconds at most. Once somebody waited in vain, nobody waits any more until
    somebody leaves.
    """

    def __init__(self, module: str, slots: int, patience: float) -> None:
        self._module = module
        self._patience = patience
        self._slots = threading.BoundedSemaphore(slots)
        self._stuck = False

    def __enter__(self) -> None:
        if not self._slots.acquire(timeout=0 if self._stuck else self._patience):
            self._stuck = True
            raise Rejected(module=self._module)

    def __exit__(self, *_: object) -> None:
        self._stuck = False
        self._slots.release()
