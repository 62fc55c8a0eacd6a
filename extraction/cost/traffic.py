"""Recorded traffic: what a running monolith counted, and the time that it would take longer."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import urllib3
from prometheus_client.parser import text_string_to_metric_families

from extraction.processes.errors import Refused
from extraction.processes.os_errors import describe_os_error

TIMEOUT_SECONDS = 15.0
"""Seconds for a page of metrics, which asks every database."""
WANTED = "it has to be /metrics of a monolith that runs, such as http://127.0.0.1:8000/metrics"
FAILURES = {
    urllib3.exceptions.LocationValueError: "that is no address",
    urllib3.exceptions.NameResolutionError: "there is no such host",
    urllib3.exceptions.NewConnectionError: "nothing answers there",
    urllib3.exceptions.TimeoutError: f"it does not answer within {TIMEOUT_SECONDS:g} seconds",
    urllib3.exceptions.HTTPError: "no web server answers there",
}
"""In words, the special ones first."""
LOOPBACK = 0.4
"""Milliseconds for a call to a service on the same machine: docs/benchmarks.md, `contract_call`."""
CALLS = "contract_calls_total"
REQUESTS = "http_request_seconds_count"


class Traffic(NamedTuple):
    """What was counted since the processes started."""

    requests: dict[str, float]
    """By origin: `POST /api/v1/parcels`."""
    calls: dict[tuple[str, str, str], float]
    """By origin, caller and operation."""


class Made(NamedTuple):
    """Calls of one operation by one module."""

    caller: str
    operation: str
    number: float


class Estimate(NamedTuple):
    """The calls across a module's border that something made, and how much longer it would take."""

    origin: str
    """A route, or `event …`, `job …`, `saga …`, `task …`, `call …`; `-` where nobody said."""
    requests: float
    """0 where it is no route."""
    calls: tuple[Made, ...]
    added_ms: float | None
    """For each request; None where it is no route, so that no customer waits."""

    @property
    def total(self) -> float:
        return sum(made.number for made in self.calls)


def recorded(places: Iterable[str]) -> Traffic:
    """What the pages of metrics at some addresses, or in some files, say together. Raises `Refused`."""
    requests: dict[str, float] = {}
    calls: dict[tuple[str, str, str], float] = {}
    for place in places:
        for name, labels, value in _samples(place):
            try:
                if name == REQUESTS:
                    origin = f"{labels['method']} {labels['route']}"
                    requests[origin] = requests.get(origin, 0) + value  # nosec B113  a dict of ours
                elif name == CALLS:
                    key = labels["origin"], labels["caller"], labels["operation"]
                    calls[key] = calls.get(key, 0) + value
            except KeyError as label:
                raise Refused(f"{place}: {name} has no label {label}, as a monolith's has") from None
    if not calls:
        raise Refused(f"{', '.join(places)}: no {CALLS} is there: let the monolith serve for a while, and ask again")
    return Traffic(requests, calls)


def estimate(traffic: Traffic, module: str, round_trip: float) -> list[Estimate]:
    """What crossed a module's border, the slowest first; `round_trip` is in milliseconds.

    Calls are taken to be made one after the other, and to fail never.
    """
    made: dict[str, list[Made]] = {}
    for (origin, caller, operation), number in traffic.calls.items():
        if (caller == module) != (operation.partition("/")[0].partition(".")[0] == module):
            made.setdefault(origin, []).append(Made(caller, operation, number))
    found = []
    for origin, calls in made.items():
        calls.sort(key=lambda one: (-one.number, one.operation, one.caller))
        requests = traffic.requests.get(origin, 0.0)
        added = round_trip * sum(one.number for one in calls) / requests if requests else None
        found.append(Estimate(origin, requests, tuple(calls), added))
    return sorted(found, key=lambda one: (-(one.added_ms or 0), one.origin))


def _samples(place: str) -> list[tuple[str, dict[str, str], float]]:
    try:
        text = _page(place) if place.startswith(("http://", "https://")) else Path(place).read_text()
        families = list(text_string_to_metric_families(text))
        return [(s.name, s.labels, s.value) for family in families for s in family.samples]
    except OSError as error:
        raise Refused(f"{describe_os_error(error)}; an address begins with http:// or https://") from None
    except ValueError:
        raise Refused(f"{place}: no text of metrics as Prometheus reads it") from None


def _page(url: str) -> str:
    try:
        answer = urllib3.request("GET", url, timeout=TIMEOUT_SECONDS, retries=False)
    except urllib3.exceptions.HTTPError as error:
        what = next(words for kind, words in FAILURES.items() if isinstance(error, kind))
        raise Refused(f"{url}: {what}; {WANTED}") from None
    if answer.status != 200:
        raise Refused(f"{url}: answers {answer.status}; {WANTED}")
    return answer.data.decode()
