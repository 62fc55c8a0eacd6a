"""Hears that a module's tables have something to do: what other processes NOTIFY, and what they write.

PostgreSQL counts what is written to each database of a server, and tells it to everybody. So one question about all of
them takes the place of one to each, which would need a connection each: a module in whose database nobody has written
anything has nothing to do but what is due by the clock.
"""

import select
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Protocol

import structlog
from django.conf import settings
from django.db import connections

from seamline.configuration.policies import Backoff
from seamline.context import working_for
from seamline.layout import DEPLOYABLE, alias_of
from seamline.work.wakeups import CHANNEL

log = structlog.get_logger("seamline.wakeups")

TICK_MS = 1000
"""Milliseconds to wait for what others have to say, before there may be something else to do."""
COUNT_EVERY_SECONDS = 5.0
COUNT_TIMEOUT = 2.0
READ_TIMEOUT = 0.1
"""Seconds to read what has come, once something has."""
BACKOFF = Backoff(first_seconds=2.0, max_seconds=15.0)
"""Pauses before the next try to listen, where there is no connection. Tables are looked at meanwhile all the same."""


_WRITES = """
    SELECT datname, tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = ANY(%s)
"""


class Watcher(Protocol):
    """What watches the modules' tables: the scheduler."""

    def wake(self, module: str) -> None:
        """Look at a module now."""

    def wake_all(self) -> None:
        """Look at all of them now."""

    def rely_on_listener(self, modules: Iterable[str]) -> None:
        """Look at these seldom, because what is written to them is heard; at all others more often."""


class WakeupListener(threading.Thread):
    """Listens until it is stopped."""

    def __init__(self, watcher: Watcher) -> None:
        super().__init__(name="wakeups", daemon=True)
        self._watcher = watcher
        self._stopping = threading.Event()
        self._modules = _modules_by_database()
        self._writes: Mapping[str, int] = {}
        """Rows written to each database so far."""

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
                self._watcher.rely_on_listener(())
                self._stopping.wait(BACKOFF.pause(failures).total_seconds())
            connections[DEPLOYABLE].close()

    def _connect(self) -> None:
        with connections[DEPLOYABLE].cursor() as sql:
            sql.execute(f"LISTEN {CHANNEL}")
        self._writes = {}
        self._count()
        # Something may have been missed.
        self._watcher.wake_all()

    def _listen(self) -> None:
        connection = connections[DEPLOYABLE].connection
        readable = select.poll()
        readable.register(connection.fileno(), select.POLLIN)
        counted = time.monotonic()
        while not self._stopping.is_set():
            if readable.poll(TICK_MS):
                for notification in connection.notifies(timeout=READ_TIMEOUT):
                    self._watcher.wake(notification.payload)
            if time.monotonic() - counted > COUNT_EVERY_SECONDS:
                self._count()
                counted = time.monotonic()

    def _count(self) -> None:
        """Wake the modules in whose databases something was written since the last time."""
        with working_for(DEPLOYABLE, COUNT_TIMEOUT, origin="wakeups"), connections[DEPLOYABLE].cursor() as sql:
            sql.execute(_WRITES, [list(self._modules)])
            writes = dict(sql.fetchall())
        for database in writes:
            if writes[database] != self._writes.get(database, writes[database]):
                for module in self._modules[database]:
                    self._watcher.wake(module)
        if writes.keys() != self._writes.keys():
            self._watcher.rely_on_listener(module for database in writes for module in self._modules[database])
        self._writes = writes


def _modules_by_database() -> dict[str, list[str]]:
    """The modules whose databases are on the same server as the deployable's own, by the names of those."""

    def server(alias: str) -> tuple[object, object]:
        return settings.DATABASES[alias].get("HOST"), settings.DATABASES[alias].get("PORT")

    found: dict[str, list[str]] = {}
    for module in settings.ACTIVE_MODULES:
        if server(alias_of(module)) == server(DEPLOYABLE):
            found.setdefault(settings.DATABASES[alias_of(module)]["NAME"], []).append(module)
    return found
