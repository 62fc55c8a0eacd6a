"""What a deployable has counted, read from its metrics: its own, or those that another one shows Prometheus."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

CALLS = "contract_call_seconds"
_WAITING, _DEAD, _OLDEST = "events_waiting", "events_dead", "events_oldest_seconds"
_UNFINISHED, _AGE = "sagas_unfinished", "sagas_oldest_seconds"
INFO = "runtime_info"
READ = (CALLS, _WAITING, _DEAD, _OLDEST, _UNFINISHED, _AGE, INFO)


@dataclass
class Calls:
    """What one module has called of one operation, since its deployable counts."""

    outcomes: dict[str, float] = field(default_factory=dict)
    """How many calls came to each: `ok`, `refused`, `unavailable`, `unexpected`."""
    buckets: dict[str, float] = field(default_factory=dict)
    """How many took up to so many seconds, by the bound, as Prometheus has it: each counts those before too."""


@dataclass
class Backlog:
    """What a subscriber has still to get of a publisher."""

    undelivered: float = 0
    dead: float = 0
    oldest_seconds: float = 0


@dataclass
class Sagas:
    """How many of a saga stand in one state."""

    number: float = 0
    oldest_seconds: float = 0


@dataclass
class Figures:
    """All of it."""

    instance: str = ""
    """Who has counted: figures of two instances are no later and earlier ones of each other."""
    calls: dict[tuple[str, str], Calls] = field(default_factory=dict)
    """By caller and operation."""
    events: dict[tuple[str, str], Backlog] = field(default_factory=dict)
    """By publisher and subscriber."""
    sagas: dict[tuple[str, str, str], Sagas] = field(default_factory=dict)
    """By module, name and state."""


def parse(text: str) -> Figures:
    """Read what a deployable shows Prometheus. Raises `ValueError`."""
    # The rest may be long.
    lines = (line for line in text.splitlines() if line.removeprefix("# TYPE ").startswith(READ))
    return read(text_string_to_metric_families("\n".join(lines) + "\n"))


def read(families: Iterable[Metric]) -> Figures:
    """Read metrics of this process, or of all that share a folder."""
    found = Figures()
    for name, labels, value in _samples(families):
        if name == INFO:
            found.instance = labels.get("instance", "")
        elif name.startswith(CALLS):
            calls = found.calls.setdefault((labels["caller"], labels["operation"]), Calls())
            if name == f"{CALLS}_count":
                calls.outcomes[labels["outcome"]] = calls.outcomes.get(labels["outcome"], 0) + value
            elif name == f"{CALLS}_bucket":
                calls.buckets[labels["le"]] = calls.buckets.get(labels["le"], 0) + value
        elif name in (_WAITING, _DEAD, _OLDEST):
            backlog = found.events.setdefault((labels["module"], labels["subscriber"]), Backlog())
            setattr(backlog, "undelivered" if name == _WAITING else name.removeprefix("events_"), value)
        elif name in (_UNFINISHED, _AGE):
            sagas = found.sagas.setdefault((labels["module"], labels["saga"], labels["state"]), Sagas())
            setattr(sagas, "number" if name == _UNFINISHED else "oldest_seconds", value)
    return found


def _samples(families: Iterable[Metric]) -> Iterator[tuple[str, dict[str, Any], float]]:
    for family in families:
        if family.name in READ:
            for sample in family.samples:
                yield sample.name, sample.labels, sample.value
