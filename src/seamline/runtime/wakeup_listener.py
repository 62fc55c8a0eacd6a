"""Hears what other processes of the deployable NOTIFY: that a module's tables have something to do."""

import select
import threading
from collections.abc import Callable

import structlog
from django.db import connections

from seamline.databases.config import DEPLOYABLE
from seamline.work.leases import Backoff
from seamline.work.wakeups import CHANNEL

log = structlog.get_logger("seam.wakeups")

LOOK_EVERY_MS = 1000
"""Milliseconds from one look whether to end to the next."""
READ_TIMEOUT = 0.1
"""Seconds to read what has come, once something has."""
BACKOFF = Backoff(first_seconds=2.0, max_seconds=15.0)
"""Pauses before the next try to listen, where there is no connection. Tables are looked at meanwhile all the same."""


class WakeupListener(threading.Thread):
    """Listens until it is stopped; `on_connect` is called whenever something may have been missed."""

    def __init__(self, wake: Callable[[str], object], on_connect: Callable[[], object]) -> None:
        super().__init__(name="wakeups", daemon=True)
        self._wake = wake
        self._on_connect = on_connect
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                self._connect()
                failures = 0
                self._listen()
            except Exception as error:
                failures += 1
                log.warning("not_listening", error=str(error).strip())
                self._stopping.wait(BACKOFF.pause(failures).total_seconds())
            connections[DEPLOYABLE].close()

    def _connect(self) -> None:
        with connections[DEPLOYABLE].cursor() as sql:
            sql.execute(f"LISTEN {CHANNEL}")
        self._on_connect()

    def _listen(self) -> None:
        connection = connections[DEPLOYABLE].connection
        readable = select.poll()
        readable.register(connection.fileno(), select.POLLIN)
        while not self._stopping.is_set():
            if not readable.poll(LOOK_EVERY_MS):
                continue
            for notification in connection.notifies(timeout=READ_TIMEOUT):
                self._wake(notification.payload)
