"""What this process knows of services by the registry: looked up once, and then kept up to date by a thread for each.

A registry that does not answer changes nothing: those that were known last go on to be called.
"""

import os
import re
import threading
import time

import structlog
from django.conf import settings

from seamline.configuration.discovery import SCHEME, Discovery
from seamline.configuration.policies import Backoff
from seamline.discovery.registry import Found, Reachability, Registry, Unreachable
from seamline.observability import metrics

log = structlog.get_logger("seamline.discovery")

BACKOFF = Backoff(0.2, 5.0)
"""Pauses between attempts to reach a registry."""
FIRST_SECONDS = 2.0
"""For which who asks first waits for the registry."""
MIN_PAUSE_SECONDS = 0.02
"""Between two looks, so that changes that come together are one."""
EMPTY_SECONDS = 15.0
"""For which a service must have no instance before the last ones are given up: a registry that comes back without its
data has nobody, until all have registered anew."""
DOUBT_SECONDS = 1.0
"""From one look to the next meanwhile."""
_ADDRESS = re.compile(r"https?://[^/?#\s,]+(/[^?#\s,]*)?")


class _Service:
    """One service, and its instances that are known."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.addresses: tuple[str, ...] = ()
        self.was_looked_up = threading.Event()
        self._empty_since: float | None = None

    @property
    def is_doubtful(self) -> bool:
        """Tell whether the registry has nobody any more, which is not believed yet."""
        return self._empty_since is not None

    def learn(self, found: Found) -> None:
        """Take over what the registry says."""
        addresses = tuple(address for address in found.addresses if _ADDRESS.fullmatch(address))
        if len(addresses) < len(found.addresses):
            log.warning("unusable_addresses", service=self.name, number=len(found.addresses) - len(addresses))
        now = time.monotonic()
        if not addresses and self.addresses:
            self._empty_since = self._empty_since or now
            if now - self._empty_since < EMPTY_SECONDS:
                return
        self._empty_since = None
        if addresses != self.addresses:
            self.addresses = addresses
            metrics.discovered_instances.labels(self.name).set(len(addresses))
            log.info("instances_changed", service=self.name, addresses=addresses)


class Directory:
    """The services that this process has asked for. Safe to use from several threads."""

    def __init__(self, found: Discovery, registry: Registry) -> None:
        self.reachability = Reachability(found.public_url)
        self.registry = registry
        self._services: dict[str, _Service] = {}
        self._lock = threading.Lock()

    def addresses(self, name: str) -> tuple[str, ...]:
        """Return the base URLs of a service's instances. Who asks first waits for it, `FIRST_SECONDS` at most."""
        service = self._services.get(name) or self.follow(name)
        if not service.was_looked_up.is_set():
            service.was_looked_up.wait(FIRST_SECONDS)
        return service.addresses

    def services(self) -> dict[str, tuple[str, ...]]:
        """Return all services that were asked for, with their instances."""
        return {name: service.addresses for name, service in sorted(self._services.items())}

    def follow(self, name: str) -> _Service:
        """Keep up with a service from now on, and wait for nothing."""
        with self._lock:
            if service := self._services.get(name):
                return service
            service = self._services[name] = _Service(name)
        threading.Thread(target=self._watch, args=(service,), name=f"discovery of {name}", daemon=True).start()
        return service

    def _watch(self, service: _Service) -> None:
        failures = 0
        while True:
            try:
                found = self.registry.resolve(service.name)
                service.learn(found)
                service.was_looked_up.set()
                self.reachability.note(service.name, None)
                failures = 0
                if service.is_doubtful:
                    time.sleep(DOUBT_SECONDS)
                else:
                    self.registry.wait(service.name, found)
                    time.sleep(MIN_PAUSE_SECONDS)
            except Unreachable as error:
                failures += 1
                service.was_looked_up.set()
                self.reachability.note(service.name, error)
                time.sleep(BACKOFF.pause(failures).total_seconds())
            except Exception:  # a thread that ends would leave the service as it is for ever
                failures += 1
                log.exception("discovery_failed", service=service.name)
                time.sleep(BACKOFF.pause(failures).total_seconds())


def connect(found: Discovery) -> Registry:
    """Make the registry that the settings name."""
    # Each only where it is used: two of them have libraries of their own.
    if found.kind == "etcd":
        from seamline.discovery.etcd import Etcd

        return Etcd(found)
    if found.kind == "dns":
        from seamline.discovery.dns import Dns

        return Dns(found)
    from seamline.discovery.consul import Consul

    return Consul(found)


_directories: dict[int, Directory] = {}
_making = threading.Lock()


def current() -> Directory | None:
    """Return the directory of this process, None where no registry is set. A fork has one of its own."""
    if settings.DISCOVERY is None:
        return None
    made = _directories.get(os.getpid())
    if made is None:
        with _making:
            made = _directories.get(os.getpid())
            if made is None:
                made = _directories[os.getpid()] = Directory(settings.DISCOVERY, connect(settings.DISCOVERY))
    return made


def start() -> None:
    """Look up the services that the settings name, so that no request waits for it."""
    if known := current():
        for place in {*settings.MODULE_URLS.values(), settings.GATEWAY_URL or ""}:
            if place.startswith(SCHEME):
                known.follow(place.removeprefix(SCHEME))


def instances_of(place: str) -> tuple[str, ...]:
    """Return the base URLs that a place stands for: one, several with commas between, or those of a service."""
    if not place.startswith(SCHEME):
        return tuple(place.split(","))
    directory = current()
    return directory.addresses(place.removeprefix(SCHEME)) if directory else ()
