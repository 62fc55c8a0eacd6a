"""Threads that deliver events: a few for each subscriber, so that one that is slow holds up nobody else."""

import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait

import structlog
from django.db import close_old_connections

from kernel.events.claims import LEASE, Batch
from kernel.events.delivery import deliver

log = structlog.get_logger("seam.events")

WIDTH = 2
"""Batches that are under way to one subscriber at a time."""


class Lanes:
    """The deliveries of one process. `ended` is called with a publisher's name when a batch of its events has ended."""

    def __init__(self, ended: Callable[[str], object]) -> None:
        self._ended = ended
        self._lanes: dict[str, _Lane] = {}
        self._lock = threading.Lock()

    def busy(self) -> Collection[str]:
        """The subscribers to which no more can be carried now."""
        with self._lock:
            return [subscriber for subscriber, lane in self._lanes.items() if lane.is_full()]

    def carry(self, batch: Batch) -> None:
        """Have a batch delivered soon."""
        with self._lock:
            lane = self._lanes.setdefault(batch.subscriber, _Lane(batch.subscriber))
            lane.add(self._deliver, batch)

    def stop(self, deadline: float) -> None:
        """Wait for what is under way, until `deadline` on the monotonic clock at most."""
        under_way = [future for lane in self._lanes.values() for future in lane.under_way]
        wait(under_way, max(0.0, deadline - time.monotonic()))

    def _deliver(self, batch: Batch) -> None:
        try:
            deliver(batch)
        except Exception as error:
            # The publisher's database is away, say. What was claimed comes back when its lease lapses.
            log.error("delivery_failed", publisher=batch.publisher, subscriber=batch.subscriber, exc_info=error)
            close_old_connections()
        self._ended(batch.publisher)


class _Lane:
    """The threads that deliver to one subscriber."""

    def __init__(self, subscriber: str) -> None:
        self.subscriber = subscriber
        self.under_way: dict[Future[None], float] = {}
        self._threads = self._new_threads()

    def is_full(self) -> bool:
        now = time.monotonic()
        self.under_way = {future: begun for future, begun in self.under_way.items() if not future.done()}
        if any(now - begun > LEASE for begun in self.under_way.values()):
            # Threads cannot be ended. These are left to themselves, as their leases have lapsed.
            log.error("handler_hangs", subscriber=self.subscriber)
            self._threads.shutdown(wait=False)
            self.under_way, self._threads = {}, self._new_threads()
        return len(self.under_way) >= WIDTH

    def add(self, deliver: Callable[[Batch], None], batch: Batch) -> None:
        self.under_way[self._threads.submit(deliver, batch)] = time.monotonic()

    def _new_threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(WIDTH, thread_name_prefix=f"deliver-{self.subscriber}")
