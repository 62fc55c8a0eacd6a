"""The relay: takes events out of one module's outbox, and has them carried to their subscribers."""

import threading
from collections.abc import Collection
from typing import Protocol

import structlog
from django.db import close_old_connections, connections

from kernel.events import claims
from kernel.events.claims import Batch
from kernel.events.delivery import deliver

log = structlog.get_logger("seam.events")

POLL = 1.0
"""Seconds between looks at the outbox when nothing woke the relay."""


class Carrier(Protocol):
    """What delivers the batches: threads of this process, or workers behind a broker."""

    def busy(self) -> Collection[str]:
        """The subscribers to which no more can be carried now."""

    def carry(self, batch: Batch) -> None:
        """Have a batch delivered soon."""


class Relay(threading.Thread):
    """Claims one module's events until it is stopped. Any number of processes may run one each."""

    def __init__(self, module: str, carrier: Carrier) -> None:
        super().__init__(name=f"relay-{module}", daemon=True)
        self.module = module
        self.carrier = carrier
        self._wake = threading.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look at the outbox now."""
        self._wake.set()

    def stop(self) -> None:
        """Claim no more."""
        self._stopping = True
        self._wake.set()

    def run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                busy = self._carry_due()
            except Exception as error:
                # The database may be away for a while.
                log.error("relay_failed", module=self.module, exc_info=error)
                close_old_connections()
                busy = False
            if not busy:
                self._wake.wait(POLL)
        connections.close_all()

    def _carry_due(self) -> bool:
        batches = claims.claim(self.module, self.carrier.busy())
        for batch in batches:
            self.carrier.carry(batch)
        return bool(batches)


def drain(module: str) -> int:
    """Deliver all that is due in a module's outbox, here and now; how many deliveries were tried."""
    tried = 0
    while batches := claims.claim(module):
        for batch in batches:
            deliver(batch)
            tried += len(batch.events)
    return tried
