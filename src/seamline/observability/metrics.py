"""What is counted, for Prometheus."""

import threading
from bisect import bisect_left

from django.conf import settings
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

CALL_BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""From a call within the process to the longest that anybody waits."""

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

contract_call_seconds = Histogram(
    "contract_call_seconds",
    "Time that a caller waited for a call of another module's contract, in seconds, and what came of it.",
    ["caller", "operation", "outcome"],
    buckets=CALL_BOUNDS,
)
gateway_seconds = Histogram(
    "gateway_seconds",
    "Time until a module that lives elsewhere began to answer a request that was passed on, in seconds.",
    ["module", "outcome"],
)
call_retries = Counter("contract_call_retries", "Calls that were tried again, as no answer came.", ["module"])
breaker_opened = Counter("breaker_opened", "Times that calls to a module were stopped: too many failed.", ["module"])
breaker_open = Gauge(
    "breaker_open",
    "Processes that send a module no calls now; one that tries whether it is back is among them.",
    ["module"],
    multiprocess_mode="livesum",
)
bulkhead_wait = Histogram(
    "bulkhead_wait_seconds",
    "Time that a call waited because too many to the same module were under way, in seconds, and whether in vain.",
    ["module", "outcome"],
)
registry_unreachable = Gauge(
    "registry_unreachable",
    "Processes that do not reach the registry of services, and go on with what they knew.",
    multiprocess_mode="livesum",
)
discovered_instances = Gauge(
    "discovered_instances", "Instances of a service that are known.", ["service"], multiprocess_mode="livemax"
)
instances_ejected = Counter(
    "instances_ejected", "Times that an instance of a service was left out: too many requests failed.", ["service"]
)
throttled = Counter("throttled", "Requests that were refused: too many came from one client.", ["module", "throttle"])
sagas_ended = Counter("sagas_ended", "Sagas that came to their end, by its state.", ["module", "saga", "state"])
jobs = Histogram("job_seconds", "Time that periodic jobs took, in seconds.", ["module", "job", "outcome"])
leases_lost = Counter(
    "leases_lost", "Leases that had lapsed before what they were for was done: another process may do it.", ["table"]
)
service_calls_refused = Counter(
    "service_calls_refused",
    "Contract calls from other deployables that were refused, by the log's event and the module that was called.",
    ["event", "module"],
)


_Edge = tuple[str, str | None, str, str]


class _Pending(threading.local):
    """What this thread has done and no counter knows yet: to tell one takes 1.4 µs, as long as most of a call."""

    def __init__(self) -> None:
        self.calls: dict[_Edge, list[float]] = {}
        """By origin, caller, operation and outcome: how many calls up to each bound, and their seconds in all."""


_pending = _Pending()


def note_call(origin: str, caller: str | None, operation: str, outcome: str, seconds: float) -> None:
    """Note a call of a contract; the counters learn of it with the next `flush`."""
    edge = (origin, caller, operation, outcome)
    tally = _pending.calls.get(edge)
    if tally is None:
        tally = _pending.calls[edge] = [0.0] * (len(CALL_BOUNDS) + 2)
    tally[bisect_left(CALL_BOUNDS, seconds)] += 1
    tally[-1] += seconds


def flush() -> None:
    """Add to the counters what this thread has noted. Whoever ends a piece of work asks for it."""
    for (origin, caller, operation, outcome), (*numbers, seconds) in _pending.calls.items():
        contract_calls.labels(origin, caller or "-", operation).inc(sum(numbers))
        edge = contract_call_seconds.labels(caller or "-", operation, outcome)
        # `observe` takes one at a time, and a request may make thousands of calls.
        edge._sum.inc(seconds)
        for bucket, number in zip(edge._buckets, numbers, strict=True):
            if number:
                bucket.inc(number)
    _pending.calls.clear()


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
