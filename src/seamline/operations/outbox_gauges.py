"""What waits in the outboxes, for Prometheus: read from the databases when it is asked for."""

import time
from collections.abc import Iterator

import structlog
from django.db import Error
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from seamline.context import working_for
from seamline.databases.availability import LOOK_TIMEOUT
from seamline.operations import event_administration
from seamline.operations.event_administration import Standing

log = structlog.get_logger("seamline.events")

SCRAPE_SECONDS = 4.0
"""Seconds after which no other database is asked: Prometheus waits for ten, and one that hangs takes five."""
_LABELS = ("module", "subscriber")


class OutboxGauges(Collector):
    """How the subscribers of the modules that live here stand. What a database does not tell is left out."""

    def __init__(self) -> None:
        self._away: set[str] = set()

    def describe(self) -> list[GaugeMetricFamily]:
        """Name the gauges, without asking a database."""
        return [
            GaugeMetricFamily("events_waiting", "Events that are not delivered yet; dead ones apart.", labels=_LABELS),
            GaugeMetricFamily("events_dead", "Events that wait for a person.", labels=_LABELS),
            GaugeMetricFamily(
                "events_oldest_seconds", "Age of the oldest event that is held up by no dead one.", labels=_LABELS
            ),
        ]

    def collect(self) -> list[GaugeMetricFamily]:
        """Read the gauges from the databases, for Prometheus."""
        waiting, dead, oldest = families = self.describe()
        for module, standing in self._standings():
            labels = (module, standing.subscriber)
            waiting.add_metric(labels, standing.waiting + standing.delivering + standing.blocked)
            dead.add_metric(labels, standing.dead)
            oldest.add_metric(labels, standing.oldest_seconds or 0)
        return families

    def _standings(self) -> Iterator[tuple[str, Standing]]:
        over = time.monotonic() + SCRAPE_SECONDS
        # Those that were away the last time come last, so that they cost nobody else's numbers.
        for module in sorted(event_administration.modules(), key=lambda name: name in self._away):
            if time.monotonic() > over:
                log.warning("outbox_not_asked", module=module)
                continue
            try:
                with working_for(module, LOOK_TIMEOUT):
                    standings = event_administration.status(module)
            except Error:
                self._away.add(module)
            else:
                self._away.discard(module)
                yield from ((module, standing) for standing in standings)
