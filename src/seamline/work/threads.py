"""Threads that are there while there is something to do, and end when there is not."""

import threading
import time
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue

import structlog
from django.db import close_old_connections, connections

log = structlog.get_logger("seamline.threads")

IDLE_SECONDS = 5.0
"""Seconds without work, after which a thread ends and its connections to databases are closed."""
MAX_CONNECTION_AGE = 60.0
"""Seconds after which a thread that does not end opens a connection anew, if it still needs it."""


class Task:
    """A piece of work that a pool was given, and is given itself."""

    def __init__(self, work: "Callable[[Task], object]") -> None:
        self.work = work
        self.begun: float | None = None
        """When a thread took it, on the monotonic clock."""
        self.is_abandoned = False


class ThreadPool:
    """At most so many threads. Whoever became idle last works next, so that no more are kept than are needed.

    Unlike those of `concurrent.futures` they end when idle, and the process does not wait for one that hangs.
    """

    def __init__(self, name: str, max_threads: int) -> None:
        self._name = name
        self._max_threads = max_threads
        self._changed = threading.Condition()
        self._idle: list[_Thread] = []
        self._backlog: deque[Task] = deque()
        self._threads = 0

    def submit(self, work: Callable[[Task], object]) -> Task:
        """Do work as soon as a thread is free."""
        task = Task(work)
        with self._changed:
            if self._idle:
                self._idle.pop().inbox.put(task)
            elif self._threads < self._max_threads:
                self._threads += 1
                _Thread(self, self._name, task).start()
            else:
                self._backlog.append(task)
        return task

    def leave_hanging(self, task: Task) -> None:
        """Leave a thread to itself that hangs at a task it has begun: threads cannot be ended. Another may be begun."""
        with self._changed:
            task.is_abandoned = True
            if self._backlog:
                _Thread(self, self._name, self._backlog.popleft()).start()
            else:
                self._threads -= 1

    def wait_until_idle(self, deadline: float) -> None:
        """Wait for what is under way, until `deadline` on the monotonic clock at most."""
        with self._changed:
            self._changed.wait_for(
                lambda: len(self._idle) == self._threads, timeout=max(0.0, deadline - time.monotonic())
            )

    def take(self, thread: "_Thread", done: Task) -> Task | None:
        """Give a thread its next task, or note that it is idle. Raises `_Abandoned` where it was given up."""
        with self._changed:
            if done.is_abandoned:
                raise _Abandoned
            if self._backlog:
                return self._backlog.popleft()
            self._idle.append(thread)
            self._changed.notify_all()
            return None

    def retire(self, thread: "_Thread") -> bool:
        """Let an idle thread end; whether it may, or has been given a task in this moment."""
        with self._changed:
            if thread not in self._idle:
                return False
            self._idle.remove(thread)
            self._threads -= 1
            return True


class _Abandoned(Exception):
    """Another thread has taken the place of this one."""


class _Thread(threading.Thread):
    def __init__(self, pool: ThreadPool, name: str, first: Task) -> None:
        super().__init__(name=name, daemon=True)
        self.inbox: SimpleQueue[Task] = SimpleQueue()
        self.inbox.put(first)
        self._pool = pool

    def run(self) -> None:
        task: Task | None = self.inbox.get()
        try:
            while task:
                self._perform(task)
                task = self._pool.take(self, task) or self._wait()
        except _Abandoned:
            pass
        finally:
            connections.close_all()

    def _perform(self, task: Task) -> None:
        task.begun = time.monotonic()
        close_old_connections()
        try:
            task.work(task)
        except Exception as error:
            log.error("task_failed", thread=self.name, exc_info=error)
        for connection in connections.all(initialized_only=True):
            if connection.close_at is None:
                connection.close_at = time.monotonic() + MAX_CONNECTION_AGE

    def _wait(self) -> Task | None:
        try:
            return self.inbox.get(timeout=IDLE_SECONDS)
        except Empty:
            return None if self._pool.retire(self) else self.inbox.get()
