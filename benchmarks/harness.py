"""Contenders side by side: A B A B, in rounds, in the same minutes of the same machine.

A subject is a file in `subjects/` with one `Experiment` or more. A contender sets itself up once, as a block that
yields a function; calling that measures one round. Every round lets each contender have its turn, each time beginning
with another, and a ratio is taken within a round, so that what disturbs the machine disturbs both sides of it.
"""

import enum
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

Sample = Mapping[str, float]
"""What one round measured, by the name of the metric."""
Measure = Callable[[], Sample]
Setup = Callable[[Any], Iterator[Measure]]


class Absent(Exception):
    """A contender cannot be had on this machine; the message says why."""


class Role(enum.StrEnum):
    """What a contender is in the comparison."""

    SEAM = "Seam"
    RIVAL = "rival"
    LIMIT = "limit"


class Compare(enum.StrEnum):
    """How a contender's number is set against Seam's."""

    RATIO = "ratio"
    """How many times better Seam is: 2 is twice as good, 0.5 half as good."""
    DIFFERENCE = "difference"
    """How much more Seam takes, in the metric's unit."""
    NOT = ""


@dataclass(frozen=True)
class Metric:
    """Something that is measured of every contender."""

    name: str
    unit: str
    compare: Compare = Compare.RATIO
    more_is_better: bool = False


@dataclass(frozen=True)
class Contender:
    """One way to do what the experiment is about."""

    name: str
    role: Role
    setup: Callable[[Any], AbstractContextManager[Measure]]


@dataclass
class Experiment:
    """Contenders, and what is measured of each. The first with the role of Seam is what the others are set against."""

    title: str
    about: str
    metrics: tuple[Metric, ...]
    rounds: int = 5
    warmed: bool = True
    """Whether each contender has a turn that is not counted, for caches, connections and compiled code to be there."""
    contenders: list[Contender] = field(default_factory=list)

    def contender(self, name: str, role: Role = Role.RIVAL) -> Callable[[Setup], Setup]:
        """Register a contender: a generator function that sets up, yields what measures a round, and clears away."""

        def register(setup: Setup) -> Setup:
            self.contenders.append(Contender(name, role, contextmanager(setup)))
            return setup

        return register

    def run(self, lab: Any, say: Callable[[str], None]) -> dict[str, Any]:
        """Measure every contender, and give back the result as JSON takes it."""
        absent: dict[str, str] = {}
        samples: dict[str, list[Sample]] = {}
        with ExitStack() as stack:
            measures: list[tuple[str, Measure]] = []
            for contender in self.contenders:
                try:
                    measure = stack.enter_context(contender.setup(lab))
                    if self.warmed:
                        measure()
                    measures.append((contender.name, measure))
                except Absent as reason:
                    absent[contender.name] = str(reason)
                say(f"  {contender.name}: {absent.get(contender.name, 'ready')}")
            for number in range(self.rounds):
                for name, measure in rotated(measures, number):
                    samples.setdefault(name, []).append(measure())
                say(f"  round {number + 1} of {self.rounds}")
        return self._result(samples, absent)

    def _result(self, samples: dict[str, list[Sample]], absent: dict[str, str]) -> dict[str, Any]:
        seam = next((c.name for c in self.contenders if c.role is Role.SEAM and c.name in samples), None)
        rows = [
            {"name": c.name, "role": c.role, "absent": absent[c.name]}
            if c.name in absent
            else {
                "name": c.name,
                "role": c.role,
                "numbers": {
                    metric.name: summary(metric, samples[c.name], samples[seam] if seam and seam != c.name else None)
                    for metric in self.metrics
                    if all(metric.name in sample for sample in samples[c.name])
                },
            }
            for c in self.contenders
        ]
        metrics = [{"name": m.name, "unit": m.unit, "compare": m.compare} for m in self.metrics]
        return {
            "title": self.title,
            "about": self.about,
            "rounds": self.rounds,
            "metrics": metrics,
            "contenders": rows,
        }


def rotated(items: list[Any], by: int) -> list[Any]:
    """The items, beginning with another one each time."""
    return items[by % len(items) :] + items[: by % len(items)] if items else items


def summary(metric: Metric, samples: list[Sample], seam: list[Sample] | None) -> dict[str, Any]:
    """Median, quartiles and every round of one metric, and how Seam compares with it."""
    values = [sample[metric.name] for sample in samples]
    first, _, third = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    found: dict[str, Any] = {
        "median": rounded(statistics.median(values)),
        "quartiles": [rounded(first), rounded(third)],
        "rounds": [rounded(value) for value in values],
    }
    if seam and metric.compare and all(metric.name in sample for sample in seam):
        pairs = zip([sample[metric.name] for sample in seam], values, strict=True)
        found["seam"] = rounded(statistics.median(compared(metric, ours, theirs) for ours, theirs in pairs))
    return found


def compared(metric: Metric, ours: float, theirs: float) -> float:
    """Seam's number set against another, of the same round."""
    if metric.compare is Compare.DIFFERENCE:
        return ours - theirs
    return ours / theirs if metric.more_is_better else theirs / ours


def rounded(value: float) -> float:
    """Four digits: more would only be noise."""
    return float(f"{value:.4g}")
