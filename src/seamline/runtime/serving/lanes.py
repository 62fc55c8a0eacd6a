"""The threads that answer, in lanes that do not hold each other up."""

from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from seamline.runtime.serving.admission import Admission
from seamline.runtime.serving.connection import Connection

Serve = Callable[[Connection], object]
Finish = Callable[[Connection, "Future[object]"], None]
"""Runs in the event loop, once a thread is done with a connection."""


class Lane:
    """A pool of threads, and in front of it the connections whose requests wait for their turn."""

    def __init__(self, name: str, threads: int, serve: Serve, finish: Finish) -> None:
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._serve, self._finish = serve, finish

    def enter(self, connection: Connection) -> None:
        """Give the connection to a thread, as soon as there is one."""
        self._start(connection)

    def shutdown(self) -> None:
        """Wait for nobody."""
        self.pool.shutdown(wait=False)

    def _start(self, connection: Connection) -> None:
        self.pool.submit(self._serve, connection).add_done_callback(lambda done: self._finish(connection, done))


class SharedLane(Lane):
    """One in which nobody gets more than a share of the threads; `reject` is for those who would wait in vain."""

    def __init__(
        self,
        name: str,
        threads: int,
        serve: Serve,
        finish: Finish,
        share: Callable[[str], int],
        reject: Callable[[Connection], None],
    ) -> None:
        super().__init__(name, threads, serve, finish)
        self._admission = Admission(threads, share)
        self._reject = reject
        self._queues: defaultdict[str, deque[Connection]] = defaultdict(deque)

    def enter(self, connection: Connection) -> None:
        if self._admission.enter(connection.holder):
            self._start(connection)
        elif self._admission.is_stuck(connection.holder):
            self._reject(connection)
        else:
            self._queues[connection.holder].append(connection)

    def leave(self, connection: Connection) -> None:
        """Give a thread back, and have the next ones enter who may."""
        self._admission.leave(connection.holder)
        self.advance()

    def advance(self) -> None:
        """Admit those who may enter by now, and reject those who never will."""
        for holder, queue in sorted(self._queues.items(), key=lambda item: item[1][0].since):
            while queue and self._admission.enter(holder):
                self._start(queue.popleft())
            while queue and self._admission.is_stuck(holder):
                self._reject(queue.popleft())
            if not queue:
                del self._queues[holder]
