"""Do the modules agree? Each module's `audit.py` compares what it keeps with itself, and with others by contract.

A module audits where it lives: its own tables are read there and nowhere else. What is on its way (an event that is not
delivered, a saga that is not finished, a change of the last minute) is settling, and no disagreement yet.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from types import ModuleType
from typing import NamedTuple, TypeVar

from django.db import Error, close_old_connections
from django.db.models import Model, QuerySet

from seamline import topology
from seamline.context import working_for
from seamline.contract import ContractError
from seamline.databases import fetch
from seamline.databases.unanswered import reason
from seamline.module import Module, active, known

BATCH = 200
"""Things that are looked at together: as many as a contract's query about many takes."""
SETTLES_WITHIN = timedelta(minutes=1)
"""What changed less long ago may still be on its way."""
PAUSE = 1.0
"""Seconds between two looks at what is settling."""
NO_ADDRESS = "an address that is not set"
M = TypeVar("M", bound=Model)

_STUCK = """
    SELECT event_id, name, subscriber, state, left(last_error, 200) FROM seamline_outbox
    WHERE state IN ('pending', 'delivering', 'dead') ORDER BY id LIMIT %s
"""
_COMPENSATING = "SELECT id, name FROM seamline_saga WHERE state = 'compensating' ORDER BY id LIMIT %s"
_MOVING = """
    SELECT key FROM seamline_outbox
    WHERE key = ANY(%(keys)s) AND (state IN ('pending', 'delivering') OR published_at > now() - %(within)s)
    UNION SELECT id::text FROM seamline_saga WHERE id::text = ANY(%(keys)s) AND state IN ('running', 'compensating')
"""


class Finding(NamedTuple):
    """Something that does not agree."""

    subject: str
    """What it is about, with its id: `order 4b92…`."""
    problem: str
    settling: bool = False
    """Whether it may come right by itself."""
    remedy: str = ""
    """What a person does about it, where that is known."""

    def __str__(self) -> str:
        return f"{self.subject}: {self.problem}"


class Checked(NamedTuple):
    """Some things that were looked at, and what was found. A module's `audit.py` yields these from `checks()`."""

    number: int
    findings: tuple[Finding, ...] = ()


@dataclass
class Report:
    """What an audit found, by module."""

    checked: dict[str, int] = field(default_factory=dict)
    found: dict[str, list[Finding]] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)
    """Modules whose audit was broken off, and why."""
    elsewhere: dict[str, str] = field(default_factory=dict)
    """Modules that are audited where they live, and where that is."""

    def disagreements(self) -> list[tuple[str, Finding]]:
        return [(module, found) for module, all_of in self.found.items() for found in all_of if not found.settling]

    def settling(self) -> list[tuple[str, Finding]]:
        return [(module, found) for module, all_of in self.found.items() for found in all_of if found.settling]


def run(progress: Callable[[str, int], object] = lambda module, checked: None) -> Report:
    """Audit every module that lives here. `progress` is told how many things of a module were looked at so far."""
    routes = topology.current()
    elsewhere = (name for name in known() if not routes.is_here(name))
    report = Report(elsewhere={name: routes.moved.get(name, NO_ADDRESS) for name in elsewhere})
    for module in active().values():
        if routes.is_here(module.name):
            _audit(module, report, progress)
    return report


def settled(wait: float, progress: Callable[[str, int], object] = lambda module, checked: None) -> Report:
    """Audit until nothing that was settling at first still is, for `wait` seconds at most.

    What then still is counts as a disagreement; what has begun to settle meanwhile does not.
    """
    over = time.monotonic() + wait
    report = run(progress)
    waiting = set(report.settling())
    while (waiting or report.unanswered) and time.monotonic() < over:
        time.sleep(PAUSE)
        report = run(progress)
        waiting &= set(report.settling())
    for module, finding in waiting:
        at = report.found[module].index(finding)
        report.found[module][at] = finding._replace(problem=f"{finding.problem}, and stays so", settling=False)
    return report


def pages(rows: QuerySet[M]) -> Iterator[list[M]]:
    """All rows, as many at a time as one query may be about."""
    page = list(rows.order_by("pk")[:BATCH])
    while page:
        yield page
        page = list(rows.order_by("pk").filter(pk__gt=page[-1].pk)[:BATCH])


def moving(module: str, keys: Sequence[object]) -> set[str]:
    """Those of the keys of a module's events or sagas that something happens to, or did within the last minute."""
    values = {"keys": [str(key) for key in keys], "within": SETTLES_WITHIN}
    return {key for (key,) in fetch(module, _MOVING, values)}


def undo(module: str, call: str) -> str:
    """The remedy for what was done for something that does not exist: a server that took over may have lost it."""
    return (
        "a failover may have lost it; to undo this: "
        f'manage.py shell -c "from modules.{module} import service; service.{call}"'
    )


def is_young(moment: datetime) -> bool:
    """Whether what came about then may still be on its way."""
    return datetime.now(moment.tzinfo) - moment < SETTLES_WITHIN


def _audit(module: Module, report: Report, progress: Callable[[str, int], object]) -> None:
    report.checked[module.name], report.found[module.name] = 0, []
    try:
        with working_for(module.name):
            for checked in chain(_underway(module.name), _checks(module)):
                report.checked[module.name] += checked.number
                report.found[module.name] += checked.findings
                progress(module.name, report.checked[module.name])
    except (ContractError, Error) as error:
        report.unanswered[module.name] = reason(error) if isinstance(error, Error) else str(error).strip()
        if isinstance(error, Error):
            close_old_connections()


def _underway(module: str) -> Iterator[Checked]:
    """What the runtime itself keeps of a module: events that were not handled yet, flows that turned back."""
    for event_id, name, subscriber, state, error in fetch(module, _STUCK, [BATCH]):
        dead = state == "dead"
        problem = f"{name} is not handled by {subscriber}" + (f", and dead: {error}" if dead else "")
        remedy = f"put that right, then: manage.py events retry --event {event_id}" if dead else ""
        yield Checked(0, (Finding(f"event {event_id}", problem, not dead, remedy),))
    for saga_id, name in fetch(module, _COMPENSATING, [BATCH]):
        yield Checked(0, (Finding(f"{name} {saga_id}", "has turned back, and is not undone yet", settling=True),))


def _checks(module: Module) -> Iterator[Checked]:
    room = _room(module)
    if room:
        yield from room.checks()


def _room(module: Module) -> ModuleType | None:
    try:
        return module.room("audit")
    except ModuleNotFoundError as error:
        if error.name != f"{module.package}.audit":
            raise
        return None
