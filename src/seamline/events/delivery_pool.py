"""Threads that deliver events: a few at a time for each subscriber, so that one that is slow holds up nobody else."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial

import structlog
from django.db import close_old_connections

from seamline.configuration.policies import delivery_policy
from seamline.databases import ownership
from seamline.events import delivery
from seamline.work.threads import Task, ThreadPool

log = structlog.get_logger("seamline.events")


class DeliveryPool:
    """The deliveries of one process. `on_capacity` is called with a publisher when more of its may be dispatched."""

    def __init__(self, on_capacity: Callable[[str], object]) -> None:
        self._on_capacity = on_capacity
        self._threads = ThreadPool("deliver", delivery_policy().max_threads)
        self._subscribers: dict[str, _Deliveries] = defaultdict(_Deliveries)
        self._lock = threading.Lock()

    def dispatch(self, publisher: str, subscriber: str) -> None:
        """Start delivering what is due, or as soon as a thread is free."""
        with self._lock:
            deliveries = self._subscribers[subscriber]
            self._abandon_hanging(subscriber, deliveries)
            if len(deliveries.under_way) >= delivery_policy().threads_per_subscriber:
                deliveries.deferred_publishers.add(publisher)
            else:
                deliveries.under_way.add(self._threads.submit(partial(self._drain, publisher, subscriber)))

    def stop(self, deadline: float) -> None:
        """Wait for what is under way until `deadline` on the monotonic clock at most."""
        self._threads.wait_until_idle(deadline)

    def _drain(self, publisher: str, subscriber: str, task: Task) -> None:
        over = time.monotonic() + delivery_policy().time_slice
        try:
            delivery.drain(publisher, subscriber)
        except Exception as error:
            if ownership.moved_to(publisher, error):
                log.info("delivery_moved", publisher=publisher, subscriber=subscriber)
            else:
                # The publisher's database is away, say. What was leased comes back when its lease lapses.
                log.error("delivery_failed", publisher=publisher, subscriber=subscriber, exc_info=error)
            close_old_connections()
        with self._lock:
            publishers = self._subscribers[subscriber].end(task)
        if time.monotonic() > over:
            publishers.add(publisher)
        for module in publishers:
            self._on_capacity(module)

    def _abandon_hanging(self, subscriber: str, deliveries: "_Deliveries") -> None:
        """Leave threads to themselves whose leases have lapsed."""
        policy = delivery_policy()
        begun_by = time.monotonic() - policy.time_slice - policy.lease_seconds
        for task in [task for task in deliveries.under_way if task.begun is not None and task.begun < begun_by]:
            log.error("handler_hangs", subscriber=subscriber)
            deliveries.under_way.remove(task)
            self._threads.leave_hanging(task)


class _Deliveries:
    """What is under way to one subscriber."""

    def __init__(self) -> None:
        self.under_way: set[Task] = set()
        self.deferred_publishers: set[str] = set()
        """Publishers that came when as many were under way as may be."""

    def end(self, task: Task) -> set[str]:
        """Note an end; the publishers that were deferred meanwhile."""
        self.under_way.discard(task)
        deferred, self.deferred_publishers = self.deferred_publishers, set()
        return deferred
