"""Threads that deliver events: a few for each subscriber, so that one that is slow holds up nobody else."""

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.db import close_old_connections

from seamline.events import delivery
from seamline.events.delivery import TIME_SLICE
from seamline.events.outbox_leases import LEASE_SECONDS

log = structlog.get_logger("seam.events")

THREADS_PER_SUBSCRIBER = 2
"""Threads that deliver to one subscriber."""


class DeliveryPool:
    """The deliveries of one process. `on_capacity` is called with a publisher when more of its may be dispatched."""

    def __init__(self, on_capacity: Callable[[str], object]) -> None:
        self._on_capacity = on_capacity
        self._subscribers: dict[str, _SubscriberThreads] = {}
        self._changed = threading.Condition()

    def dispatch(self, publisher: str, subscriber: str) -> None:
        """Have what is due delivered soon, or as soon as a thread is free."""
        with self._changed:
            threads = self._subscribers.get(subscriber) or self._subscribers.setdefault(
                subscriber, _SubscriberThreads(subscriber)
            )
            if threads.is_full():
                threads.deferred_publishers.add(publisher)
            else:
                threads.begin(self._drain, publisher)

    def stop(self, deadline: float) -> None:
        """Take no more, and wait for what is under way until `deadline` on the monotonic clock at most."""
        with self._changed:
            self._changed.wait_for(
                lambda: not any(threads.begun for threads in self._subscribers.values()), _left(deadline)
            )
            for threads in self._subscribers.values():
                threads.close()

    def _drain(self, threads: "_SubscriberThreads", task_id: int, publisher: str) -> None:
        over = time.monotonic() + TIME_SLICE
        close_old_connections()
        try:
            delivery.drain(publisher, threads.subscriber)
        except Exception as error:
            # The publisher's database is away, say. What was claimed comes back when its lease lapses.
            log.error("delivery_failed", publisher=publisher, subscriber=threads.subscriber, exc_info=error)
            close_old_connections()
        with self._changed:
            on_capacity = threads.end(task_id) | ({publisher} if time.monotonic() > over else set())
            self._changed.notify_all()
        for module in on_capacity:
            self._on_capacity(module)


class _SubscriberThreads:
    """The threads that deliver to one subscriber."""

    def __init__(self, subscriber: str) -> None:
        self.subscriber = subscriber
        self.begun: dict[int, float] = {}
        """When each delivery under way began, by its task_id."""
        self.deferred_publishers: set[str] = set()
        """Publishers that came when all threads were at work."""
        self._task_ids = itertools.count()
        self._threads = self._new_threads()

    def is_full(self) -> bool:
        if any(time.monotonic() - begun > TIME_SLICE + LEASE_SECONDS for begun in self.begun.values()):
            # Threads cannot be ended. These are left to themselves, as their leases have lapsed.
            log.error("handler_hangs", subscriber=self.subscriber)
            self.close()
            self.begun, self._threads = {}, self._new_threads()
        return len(self.begun) >= THREADS_PER_SUBSCRIBER

    def begin(self, drain: Callable[["_SubscriberThreads", int, str], None], publisher: str) -> None:
        task_id = next(self._task_ids)
        self.begun[task_id] = time.monotonic()
        self._threads.submit(drain, self, task_id, publisher)

    def end(self, task_id: int) -> set[str]:
        """Note an end; which publishers were turned away meanwhile."""
        self.begun.pop(task_id, None)
        deferred_publishers, self.deferred_publishers = self.deferred_publishers, set()
        return deferred_publishers

    def close(self) -> None:
        """Have the threads end when they have nothing to do."""
        self._threads.shutdown(wait=False)

    def _new_threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(THREADS_PER_SUBSCRIBER, thread_name_prefix=f"deliver-{self.subscriber}")


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
