"""The thread by which a process is found by others: it registers, renews, and leaves when the process begins to end."""

import threading
import uuid

import structlog
from django.conf import settings

from seamline.configuration.discovery import Discovery
from seamline.discovery import directory
from seamline.discovery.directory import BACKOFF
from seamline.discovery.registry import LeaseLost, Reachability, Registry, Unreachable

log = structlog.get_logger("seamline.discovery")

RENEWALS = 3
"""In the time of a lease, so that one which fails costs nothing."""


class Registrar:
    """One registration of this process: each has one, and an address is there while any of its processes is."""

    def __init__(self, found: Discovery, service: str, registry: Registry, reachability: Reachability) -> None:
        self._found, self._service, self._registry, self._reachability = found, service, registry, reachability
        self._instance = uuid.uuid4().hex
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="registrar", daemon=True)
        self._lease: str | None = None
        self._failures = 0

    def start(self) -> None:
        """Register, and stay registered."""
        self._thread.start()

    def leave(self) -> None:
        """Begin to leave, and wait for nothing."""
        self._leaving.set()

    def stop(self, seconds: float) -> None:
        """Leave, and wait for so many seconds at most until that is done."""
        self.leave()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._leaving.wait(self._keep()):
            pass
        if self._lease:
            try:
                self._registry.leave(self._lease)
                log.info("unregistered", service=self._service, address=self._found.address)
            except Unreachable as error:
                log.warning("not_unregistered", service=self._service, error=str(error)[:300])

    def _keep(self) -> float:
        """Register or renew; how many seconds until the next time."""
        try:
            if self._lease:
                self._registry.renew(self._lease)
            else:
                self._lease = self._register()
        except LeaseLost:
            log.warning("registration_lost", service=self._service, address=self._found.address)
            self._lease = None
            return 0.0
        except Unreachable as error:
            self._note(error)
            return BACKOFF.pause(self._failures).total_seconds()
        except Exception as error:
            log.exception("registration_failed", service=self._service)
            self._note(error)
            return BACKOFF.pause(self._failures).total_seconds()
        self._note(None)
        return self._found.ttl / RENEWALS

    def _register(self) -> str:
        lease = self._registry.register(self._service, self._instance, self._found.address, self._found.ttl)
        log.info("registered", service=self._service, address=self._found.address)
        return lease

    def _note(self, error: Exception | None) -> None:
        self._failures = self._failures + 1 if error else 0
        self._reachability.note("(registration)", error)


_running: list[Registrar] = []


def start() -> None:
    """Register this process, where `DISCOVERY_ADDRESS` says at which address."""
    found, known = settings.DISCOVERY, directory.current()
    if found and known and found.address:
        registrar = Registrar(found, settings.SERVICE_NAME, known.registry, known.reachability)
        _running.append(registrar)
        registrar.start()


def leave() -> None:
    """Begin to be found no more: who asks the registry goes elsewhere, while requests are served still."""
    for registrar in _running:
        registrar.leave()


def stop(seconds: float) -> None:
    """Be found no more, when this has ended or so many seconds are over."""
    for registrar in _running:
        registrar.stop(seconds)
