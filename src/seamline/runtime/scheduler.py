"""The scheduler: one thread that has the tables of all modules looked at when there may be something to do in them.

It knows when to look at each next: when something there is due, when it is woken, and else now and then; a module that
nothing happens to less and less often. Looks are made by a few threads, so that a database that hangs stops no other
module's. What a look finds is done by others: threads of this process, or Celery workers.
"""

import heapq
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import structlog
from django.db import connections

from seamline import topology
from seamline.context import working_for
from seamline.databases import ownership
from seamline.events import relay
from seamline.events.relay import Dispatcher
from seamline.layout import alias_of
from seamline.work import jobs, sagas
from seamline.work.threads import ThreadPool

log = structlog.get_logger("seamline.scheduler")

LOOK_THREADS = 4
"""Threads that look, and as many that look at what did not answer the last time."""
LOOK_TIMEOUT = 2.0
"""Seconds that a look may take."""
MIN_POLL_SECONDS = 1.0
"""Seconds between two looks where something happens."""
MAX_POLL_SECONDS = 30.0
"""Seconds between two looks where nothing happens: so late is found what another process has left undone."""
MAX_POLL_RELYING_SECONDS = 600.0
"""Seconds between two looks where nothing happens, and where it would be heard if something was written."""
MAX_BACKOFF_SECONDS = 5.0
"""Seconds between two looks at a database that does not answer."""
KEEP_SECONDS = 5.0
"""Seconds to the next look, up to which the connection is kept for it."""


class Runner(Protocol):
    """What runs `jobs.run_named`: threads of this process, or Celery workers."""

    def run(self, module: str, name: str) -> None:
        """Run a job, or go on with the module's sagas."""


@dataclass(slots=True)
class _Plan:
    """When to look at a module."""

    next_look: float = 0.0
    """On the monotonic clock."""
    interval: float = MIN_POLL_SECONDS
    is_looking: bool = False
    is_woken: bool = False
    """Whether something happened while it was looked at."""
    failures: int = 0
    """Looks in a row that had no answer."""


class Scheduler(threading.Thread):
    """Watches modules until it is stopped. Any number of processes may run one each."""

    def __init__(self, modules: Iterable[str], dispatcher: Dispatcher, runner: Runner) -> None:
        super().__init__(name="scheduler", daemon=True)
        self._dispatcher = dispatcher
        self._runner = runner
        self._looks = ThreadPool("look", LOOK_THREADS)
        self._looks_again = ThreadPool("look-again", LOOK_THREADS)
        self._plans = {module: _Plan() for module in modules}
        self._heap = [(0.0, module) for module in self._plans]
        """When to look at what; an entry that is not its plan's `next_look` is stale."""
        self._heard: frozenset[str] = frozenset()
        """Modules of which it is heard when something is written."""
        self._changed = threading.Condition()
        self._is_stopping = False

    def wake(self, module: str) -> None:
        """Look at a module now."""
        self._look_within(module, 0.0)

    def wake_all(self) -> None:
        """Look at all of them now."""
        for module in self._plans:
            self.wake(module)

    def rely_on_listener(self, modules: Iterable[str]) -> None:
        """Look at these seldom, because what is written to them is heard; at all others more often."""
        before, self._heard = self._heard, frozenset(modules)
        for module in before - self._heard:
            self._look_within(module, MAX_POLL_SECONDS)

    def touch(self, module: str) -> None:
        """Note that something happens to a module, so that it is looked at soon."""
        self._look_within(module, MIN_POLL_SECONDS)

    def stop(self) -> None:
        """Begin nothing more."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()

    def run(self) -> None:
        while module := self._next():
            pool = self._looks_again if self._plans[module].failures else self._looks
            pool.submit(lambda _, module=module: self._look(module))  # type: ignore[misc]

    def _next(self) -> str | None:
        """Wait for the next module to be looked at; None at the end."""
        with self._changed:
            while not self._is_stopping:
                now = time.monotonic()
                at, module = self._heap[0] if self._heap else (now + MAX_POLL_SECONDS, "")
                if at > now:
                    self._changed.wait(at - now)
                    continue
                heapq.heappop(self._heap)
                plan = self._plans[module]
                if at == plan.next_look and not plan.is_looking:
                    plan.is_looking, plan.is_woken = True, False
                    return module
        return None

    def _look_within(self, module: str, seconds: float) -> None:
        plan = self._plans.get(module)
        if plan is None:
            return
        with self._changed:
            plan.interval = MIN_POLL_SECONDS
            if plan.is_looking:
                plan.is_woken = True
            else:
                self._plan(module, plan, seconds)

    def _plan(self, module: str, plan: _Plan, seconds: float) -> None:
        at = time.monotonic() + seconds
        if at < plan.next_look:
            plan.next_look = at
            heapq.heappush(self._heap, (at, module))
            self._changed.notify()

    def _look(self, module: str) -> None:
        plan = self._plans[module]
        try:
            with working_for(module, LOOK_TIMEOUT, origin="scheduler"):
                seconds = self._dispatch_due(module, plan)
        except Exception as error:
            # The database or the broker may be away for a while.
            log.error("look_failed", module=module, exc_info=error)
            plan.failures += 1
            seconds = min(MIN_POLL_SECONDS * 2 ** min(plan.failures - 1, 10), MAX_BACKOFF_SECONDS)
            connections[alias_of(module)].close()
        else:
            plan.failures = 0
        if seconds > KEEP_SECONDS:
            connections[alias_of(module)].close()
        with self._changed:
            plan.is_looking, plan.next_look = False, float("inf")
            self._plan(module, plan, 0.0 if plan.is_woken and not plan.failures else seconds)

    def _dispatch_due(self, module: str, plan: _Plan) -> float:
        """Have done what is due; in how many seconds to look again."""
        ownership.refresh(module)
        most = MAX_POLL_RELYING_SECONDS if module in self._heard else MAX_POLL_SECONDS
        if module in topology.current().left:
            plan.interval = most
            return most
        is_busy = relay.dispatch_due(module, self._dispatcher)
        waits, is_begun = [], False
        if topology.current().is_here(module):
            for name, seconds in _work_due(module):
                if seconds > 0:
                    waits.append(seconds)
                else:
                    is_begun = True
                    self._runner.run(module, name)
        plan.interval = MIN_POLL_SECONDS if is_busy else min(2 * plan.interval, most)
        return min([MIN_POLL_SECONDS if is_begun else plan.interval, *waits])


class JobThreads:
    """Runs jobs in threads of this process, each of them once at a time."""

    MAX_THREADS = 8

    def __init__(self) -> None:
        self._threads = ThreadPool("job", self.MAX_THREADS)
        self._under_way: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def run(self, module: str, name: str) -> None:
        """Run a job in a thread, unless it is under way here."""
        with self._lock:
            if (module, name) in self._under_way:
                return
            self._under_way.add((module, name))
        self._threads.submit(lambda _: self._run(module, name))

    def stop(self, deadline: float) -> None:
        """Wait for what is under way until `deadline` on the monotonic clock at most."""
        self._threads.wait_until_idle(deadline)

    def _run(self, module: str, name: str) -> None:
        try:
            jobs.run_named(module, name)
        finally:
            with self._lock:
                self._under_way.discard((module, name))


def _work_due(module: str) -> list[tuple[str, float]]:
    """Ask in how many seconds each of a module's jobs is due, and its sagas."""
    work = [(task.name, seconds) for task, seconds in jobs.seconds_until_due(module)]
    until_saga = sagas.seconds_until_due(module)
    return work if until_saga is None else [*work, (sagas.RESUME, until_saga)]
