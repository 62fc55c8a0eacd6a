"""What waits in the modules' databases, for Prometheus: read from them when it is asked for."""

import os
import socket
import time
from collections.abc import Iterator

import structlog
from django.conf import settings
from django.db import Error
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from seamline import __version__
from seamline.context import working_for
from seamline.databases.availability import LOOK_TIMEOUT
from seamline.operations import event_administration, saga_administration
from seamline.operations.event_administration import Standing
from seamline.operations.saga_administration import Flow

log = structlog.get_logger("seamline.observability")

SCRAPE_SECONDS = 4.0
"""Seconds after which no other database is asked: Prometheus waits for ten, and one that hangs takes five."""
_SUBSCRIBER = ("module", "subscriber")
_SAGA = ("module", "saga", "state")


class WorkGauges(Collector):
    """How the events and the sagas of the modules that live here stand. What a database does not tell is left out."""

    def __init__(self) -> None:
        self._away: set[str] = set()

    def describe(self) -> list[GaugeMetricFamily]:
        """Name the gauges, without asking a database."""
        return [
            GaugeMetricFamily(
                "events_waiting", "Events that are not delivered yet; dead ones apart.", labels=_SUBSCRIBER
            ),
            GaugeMetricFamily("events_dead", "Events that wait for a person.", labels=_SUBSCRIBER),
            GaugeMetricFamily(
                "events_oldest_seconds", "Age of the oldest event that is held up by no dead one.", labels=_SUBSCRIBER
            ),
            GaugeMetricFamily("sagas_unfinished", "Sagas that are not at their end, by state.", labels=_SAGA),
            GaugeMetricFamily("sagas_oldest_seconds", "Age of the oldest of them.", labels=_SAGA),
        ]

    def collect(self) -> list[GaugeMetricFamily]:
        """Read the gauges from the databases, for Prometheus."""
        waiting, dead, oldest, unfinished, age = families = self.describe()
        for module, standings, flows in self._ask():
            for standing in standings:
                subscriber = (module, standing.subscriber)
                waiting.add_metric(subscriber, standing.waiting + standing.delivering + standing.blocked)
                dead.add_metric(subscriber, standing.dead)
                oldest.add_metric(subscriber, standing.oldest_seconds or 0)
            for flow in flows:
                saga = (module, flow.name, flow.state)
                unfinished.add_metric(saga, flow.number)
                age.add_metric(saga, flow.oldest_seconds)
        return families

    def _ask(self) -> Iterator[tuple[str, list[Standing], list[Flow]]]:
        over = time.monotonic() + SCRAPE_SECONDS
        # Those that were away the last time come last, so that they cost nobody else's numbers.
        for module in sorted(event_administration.modules(), key=lambda name: name in self._away):
            if time.monotonic() > over:
                log.warning("module_not_asked", module=module)
                continue
            try:
                with working_for(module, LOOK_TIMEOUT):
                    found = event_administration.status(module), saga_administration.status(module)
            except Error:
                self._away.add(module)
            else:
                self._away.discard(module)
                yield module, *found


class RuntimeInfo(Collector):
    """Which deployable this is, of which version, and who counts: a process, or all that share a folder."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Name the metric."""
        help_text = "Always 1: the deployable, the version of its runtime, and who has counted what is shown."
        return [GaugeMetricFamily("runtime_info", help_text, labels=("service", "version", "instance"))]

    def collect(self) -> list[GaugeMetricFamily]:
        """Say it."""
        [info] = self.describe()
        who = settings.METRICS_FOLDER or os.getpid()
        info.add_metric((settings.SERVICE_NAME, __version__, f"{socket.gethostname()}:{who}"), 1)
        return [info]


registry = CollectorRegistry()
"""What is read when it is asked for, and the same whichever process is asked."""
registry.register(WorkGauges())
registry.register(RuntimeInfo())
