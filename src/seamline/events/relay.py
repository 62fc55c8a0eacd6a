"""The relay: watches one module's outbox, and has its subscribers served by threads or by workers."""

import threading
from typing import Protocol

import structlog
from django.db import close_old_connections, connections

from seamline.events import delivery, outbox_leases

log = structlog.get_logger("seam.events")

POLL_SECONDS = 1.0
"""Seconds between looks at the outbox when nothing woke the relay."""


class Dispatcher(Protocol):
    """What runs `delivery.drain`: threads of this process, or Celery workers."""

    def dispatch(self, publisher: str, subscriber: str) -> None:
        """Have what is due delivered soon."""


class Relay(threading.Thread):
    """Watches one module's outbox until it is stopped. Any number of processes may run one each."""

    def __init__(self, module: str, dispatcher: Dispatcher) -> None:
        super().__init__(name=f"relay-{module}", daemon=True)
        self.module = module
        self._dispatcher = dispatcher
        self._wake = threading.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look at the outbox now."""
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping = True
        self._wake.set()

    def run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                for subscriber in outbox_leases.subscribers_with_due_messages(self.module):
                    self._dispatcher.dispatch(self.module, subscriber)
            except Exception as error:
                # The database or the broker may be away for a while.
                log.error("relay_failed", module=self.module, exc_info=error)
                close_old_connections()
            self._wake.wait(POLL_SECONDS)
        connections.close_all()


def drain(module: str) -> int:
    """Deliver all that is due in a module's outbox, here and now; how many deliveries were tried."""
    tried = 0
    while delivered := sum(
        delivery.drain(module, subscriber) for subscriber in outbox_leases.subscribers_with_due_messages(module)
    ):
        tried += delivered
    return tried
