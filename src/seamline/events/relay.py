"""The relay: looks what a module's outbox has for whom, and has it delivered by threads or by workers."""

from typing import Protocol

from seamline.events import delivery, outbox_leases


class Dispatcher(Protocol):
    """What runs `delivery.drain`: threads of this process, or Celery workers."""

    def dispatch(self, publisher: str, subscriber: str) -> None:
        """Start delivering what is due, and do not wait for it."""


def dispatch_due(module: str, dispatcher: Dispatcher) -> bool:
    """Dispatch what is due in a module's outbox; return whether anything is left there, now or for later."""
    backlog = outbox_leases.backlog(module)
    for subscriber in backlog.due:
        dispatcher.dispatch(module, subscriber)
    return backlog.is_open


def drain(module: str) -> int:
    """Deliver all that is due in a module's outbox, here and now; how many deliveries were tried."""
    tried = 0
    while delivered := sum(delivery.drain(module, subscriber) for subscriber in outbox_leases.backlog(module).due):
        tried += delivered
    return tried
