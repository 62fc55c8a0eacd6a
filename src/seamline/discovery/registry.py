"""What a registry has to do, whichever it is; and what keeps it from doing so."""

import threading
from abc import ABC, abstractmethod
from typing import NamedTuple

import structlog

from seamline.observability import metrics

log = structlog.get_logger("seamline.discovery")

REQUEST_TIMEOUT = 2.0
"""Seconds that a registry has to answer what it knows already."""
WATCH_SECONDS = 20.0
"""Longest wait for a change; then it is asked again, in case that a change went unseen."""


class Unreachable(Exception):
    """The registry does not answer, or not as it should; the message says why."""


class LeaseLost(Exception):
    """The registry has dropped a registration: it is to be made anew."""


class Found(NamedTuple):
    """The instances of a service that a registry knows."""

    addresses: tuple[str, ...]
    """Base URLs, each once and in order."""
    version: int = 0
    """By which the registry tells whether there is something newer."""


class Registry(ABC):
    """Where services are found. Safe to use from several threads. All of it raises `Unreachable`."""

    @abstractmethod
    def resolve(self, service: str) -> Found:
        """Look up the instances of a service that are alive."""

    @abstractmethod
    def wait(self, service: str, known: Found) -> None:
        """Wait until there may be others than those that are known, for `WATCH_SECONDS` at most."""

    def register(self, service: str, instance: str, address: str, ttl: int) -> str:
        """Make an instance findable, for `ttl` seconds from now; `instance` is its id. Returns the lease."""
        raise NotImplementedError("this registry takes no registrations")

    def renew(self, lease: str) -> None:
        """Keep it findable for another `ttl` seconds. Raises `LeaseLost`."""
        raise NotImplementedError

    def leave(self, lease: str) -> None:
        """Take an instance out."""
        raise NotImplementedError


class Reachability:
    """Tells once, in log and metrics, that a registry does not answer, and that it does again."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._failing: set[str] = set()
        self._lock = threading.Lock()

    @property
    def is_reachable(self) -> bool:
        """Tell whether everybody who asked last was answered."""
        return not self._failing

    def note(self, who: str, error: Exception | None) -> None:
        """Note how the last request of one who asks has ended."""
        with self._lock:
            was_failing = bool(self._failing)
            (self._failing.add if error else self._failing.discard)(who)
            is_failing = bool(self._failing)
            if was_failing == is_failing:
                return
            metrics.registry_unreachable.set(int(is_failing))
            if is_failing:
                log.warning("registry_unreachable", registry=self._shown, error=str(error)[:300])
            else:
                log.info("registry_reached", registry=self._shown)
