"""Threads that deliver events: a few for each subscriber, so that one that is slow holds up nobody else."""

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.db import close_old_connections

from kernel.events import delivery
from kernel.events.claims import LEASE
from kernel.events.delivery import TURN

log = structlog.get_logger("seam.events")

WIDTH = 2
"""Threads that deliver to one subscriber."""


class Lanes:
    """The deliveries of one process. `freed` is called with a publisher's name when more of its may be carried."""

    def __init__(self, freed: Callable[[str], object]) -> None:
        self._freed = freed
        self._lanes: dict[str, _Lane] = {}
        self._changed = threading.Condition()

    def carry(self, publisher: str, subscriber: str) -> None:
        """Have what is due delivered soon, or as soon as a thread is free."""
        with self._changed:
            lane = self._lanes.get(subscriber) or self._lanes.setdefault(subscriber, _Lane(subscriber))
            if lane.is_full():
                lane.turned_away.add(publisher)
            else:
                lane.begin(self._drain, publisher)

    def stop(self, deadline: float) -> None:
        """Take no more, and wait for what is under way until `deadline` on the monotonic clock at most."""
        with self._changed:
            self._changed.wait_for(lambda: not any(lane.begun for lane in self._lanes.values()), _left(deadline))
            for lane in self._lanes.values():
                lane.close()

    def _drain(self, lane: "_Lane", ticket: int, publisher: str) -> None:
        over = time.monotonic() + TURN
        close_old_connections()
        try:
            delivery.drain(publisher, lane.subscriber)
        except Exception as error:
            # The publisher's database is away, say. What was claimed comes back when its lease lapses.
            log.error("delivery_failed", publisher=publisher, subscriber=lane.subscriber, exc_info=error)
            close_old_connections()
        with self._changed:
            freed = lane.end(ticket) | ({publisher} if time.monotonic() > over else set())
            self._changed.notify_all()
        for module in freed:
            self._freed(module)


class _Lane:
    """The threads that deliver to one subscriber."""

    def __init__(self, subscriber: str) -> None:
        self.subscriber = subscriber
        self.begun: dict[int, float] = {}
        """When each delivery under way began, by its ticket."""
        self.turned_away: set[str] = set()
        """Publishers that came when all threads were at work."""
        self._tickets = itertools.count()
        self._threads = self._new_threads()

    def is_full(self) -> bool:
        if any(time.monotonic() - begun > TURN + LEASE for begun in self.begun.values()):
            # Threads cannot be ended. These are left to themselves, as their leases have lapsed.
            log.error("handler_hangs", subscriber=self.subscriber)
            self.close()
            self.begun, self._threads = {}, self._new_threads()
        return len(self.begun) >= WIDTH

    def begin(self, drain: Callable[["_Lane", int, str], None], publisher: str) -> None:
        ticket = next(self._tickets)
        self.begun[ticket] = time.monotonic()
        self._threads.submit(drain, self, ticket, publisher)

    def end(self, ticket: int) -> set[str]:
        """Note an end; which publishers were turned away meanwhile."""
        self.begun.pop(ticket, None)
        turned_away, self.turned_away = self.turned_away, set()
        return turned_away

    def close(self) -> None:
        """Have the threads end when they have nothing to do."""
        self._threads.shutdown(wait=False)

    def _new_threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(WIDTH, thread_name_prefix=f"deliver-{self.subscriber}")


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
