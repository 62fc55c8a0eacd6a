"""Balances requests over the instances of a service: the one with the fewest under way, and none that fails.

Outlier ejection as Envoy has it ("consecutive gateway failure"): an instance that fails several times in a row is left
out for a while, longer each time, and tried again then. All of them are never left out.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus

import structlog

from seamline.configuration.discovery import SCHEME
from seamline.observability import metrics
from seamline.transport.http_pool import (
    NO_RESPONSE,
    ConnectFailed,
    ConnectionPool,
    Connections,
    Exchange,
    Headers,
    TimedOut,
)

log = structlog.get_logger("seamline.discovery")

FAILURE_THRESHOLD = 5
"""Requests that must fail one after the other before an instance is left out."""
FIRST_EJECTION_SECONDS = 1.0
"""How long, the first time; twice as long after each failure on its return."""
MAX_EJECTION_SECONDS = 60.0
AVOID_SECONDS = 1.0
"""For which one that failed is taken only where no other is there: a repeat goes elsewhere."""
_BROKEN = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


class _Instance:
    """One of them: its connections, and how it did of late."""

    def __init__(self, address: str, pool: ConnectionPool) -> None:
        self.address = address
        self.pool = pool
        self.outstanding = 0
        self.failures = self.ejections = 0
        self.avoided_until = self.ejected_until = float("-inf")


class Balancer(Connections):
    """Connections to all instances of a service. Safe to use from several threads."""

    def __init__(
        self,
        place: str,
        addresses: Callable[[], tuple[str, ...]],
        connect: Callable[[str], ConnectionPool],
        hurry: float,
    ) -> None:
        self._place, self._addresses, self._connect = place, addresses, connect
        self._hurry = hurry
        """Seconds: that a request with less than this was not answered says nothing of the instance."""
        self._instances: dict[str, _Instance] = {}
        self._seen: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def send(self, method: str, target: str, headers: Headers, body: Iterable[bytes], timeout: float) -> Exchange:
        """Send a request to one of them, and to the next where no connection is had. See `Connections.send`."""
        deadline = time.monotonic() + timeout
        headers, tried = list(headers), set[str]()
        failure = ConnectFailed(f"no instance of {self._place} is known")
        while chosen := self._choose(tried):
            tried.add(chosen.address)
            try:
                remaining = max(deadline - time.monotonic(), 0.001)
                exchange = chosen.pool.send(method, target, headers, body, remaining)
            except ConnectFailed as error:
                failure = error
                self._note(chosen, has_failed=True)
                if time.monotonic() >= deadline:
                    break
                continue
            except BaseException as error:
                is_hurried = isinstance(error, TimedOut) and timeout < self._hurry
                self._note(chosen, has_failed=isinstance(error, (TimedOut, *NO_RESPONSE)) and not is_hurried)
                raise
            exchange.on_close = partial(self._judge, chosen, timeout)
            return exchange
        raise failure

    def can_fail_over(self) -> bool:
        """Tell whether one is there that has not failed of late."""
        now = time.monotonic()
        with self._lock:
            return any(max(each.avoided_until, each.ejected_until) <= now for each in self._instances.values())

    def _choose(self, tried: set[str]) -> _Instance | None:
        addresses = self._addresses()
        now = time.monotonic()
        with self._lock:
            if addresses != self._seen:
                self._update(addresses)
            left = [each for address, each in self._instances.items() if address not in tried]
            fit = [each for each in left if each.ejected_until <= now] or left
            if not fit:
                return None
            # By chance among equals, so that processes that start together do not all begin with the same.
            chosen = min(fit, key=lambda each: (each.avoided_until > now, each.outstanding, random.random()))  # noqa: S311  # nosec B311
            chosen.outstanding += 1
            return chosen

    def _update(self, addresses: tuple[str, ...]) -> None:
        for gone in self._instances.keys() - set(addresses):
            self._instances.pop(gone).pool.close_idle()
        for address in addresses:
            if address not in self._instances:
                self._instances[address] = _Instance(address, self._connect(address))
        self._seen = addresses

    def _judge(self, instance: _Instance, timeout: float, exchange: Exchange) -> None:
        response = exchange.response
        if response.has_head:
            self._note(instance, has_failed=response.status in _BROKEN)
        else:
            self._note(instance, has_failed=not (exchange.timed_out and timeout < self._hurry))

    def _note(self, instance: _Instance, has_failed: bool) -> None:
        """Note how a request has ended."""
        with self._lock:
            instance.outstanding -= 1
            if not has_failed:
                instance.failures = instance.ejections = 0
                return
            now = time.monotonic()
            instance.failures += 1
            instance.avoided_until = now + AVOID_SECONDS
            if instance.failures < FAILURE_THRESHOLD or instance.ejected_until > now:
                return
            pause = min(FIRST_EJECTION_SECONDS * 2 ** min(instance.ejections, 20), MAX_EJECTION_SECONDS)
            instance.ejected_until = now + pause
            instance.ejections += 1
        metrics.instances_ejected.labels(self._place.removeprefix(SCHEME)).inc()
        log.warning("instance_ejected", place=self._place, address=instance.address, seconds=pause)
