"""What is counted, for Prometheus."""

import threading
from collections import defaultdict

from django.conf import settings
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

requests = Histogram(
    "http_request_seconds", "Time to answer an HTTP request, in seconds.", ["method", "route", "status"]
)
events_delivered = Counter("events_delivered", "Events that a subscriber has handled.", ["module", "subscriber"])
events_failed = Counter("events_failed", "Deliveries that a subscriber could not handle.", ["module", "subscriber"])
event_latency = Histogram(
    "event_latency_seconds",
    "Time from the publication of an event to its first delivery, in seconds.",
    ["event"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200),
)
contract_calls = Counter(
    "contract_calls",
    "Calls of one module's contract by another, by what they were made for: a route, an event, a job.",
    ["origin", "caller", "operation"],
)

service_calls_refused = Counter(
    "service_calls_refused",
    "Contract calls from other deployables that were refused, by the log's event and the module that was called.",
    ["event", "module"],
)


class _Pending(threading.local):
    """What this thread has done and no counter knows yet: to tell one takes 1.4 µs, as long as most of a call."""

    def __init__(self) -> None:
        self.calls: dict[tuple[str, str | None, str], int] = defaultdict(int)
        """Contract calls by origin, caller and operation."""


noted = _Pending()


def flush() -> None:
    """Add to the counters what this thread has noted. Whoever ends a piece of work asks for it."""
    for (origin, caller, operation), number in noted.calls.items():
        contract_calls.labels(origin, caller or "-", operation).inc(number)
    noted.calls.clear()


def registry() -> CollectorRegistry:
    """Collect what was counted: by this process, or by all that share the folder PROMETHEUS_MULTIPROC_DIR.

    As in the Prometheus client's documentation, "Multiprocess Mode".
    """
    flush()
    if not settings.METRICS_FOLDER:
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared
