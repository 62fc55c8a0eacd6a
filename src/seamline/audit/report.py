"""One report: every module that lives here looks at its own tables, and the rules compare the facts of all."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from django.conf import settings
from django.db import Error, close_old_connections

from seamline import topology
from seamline.audit.comparison import Comparison
from seamline.audit.findings import BATCH_SIZE, Checked, Finding
from seamline.audit.rules import Rule, find_rules
from seamline.context import Context, entered, new_id, working_for
from seamline.contract import ContractError
from seamline.databases import fetch
from seamline.databases.unanswered import reason
from seamline.module import Module, active, known

POLL_SECONDS = 1.0
"""Between two looks at what is settling."""
NO_ADDRESS = "an address that is not set"
Progress = Callable[[str, int], object]
"""Is told how many rows and facts of a module were looked at so far."""

_STUCK = """
    SELECT event_id, name, subscriber, state, left(last_error, 200) FROM seamline_outbox
    WHERE module = %s AND state IN ('pending', 'delivering', 'dead') ORDER BY id LIMIT %s
"""
_COMPENSATING = """
    SELECT id, name FROM seamline_saga WHERE module = %s AND state = 'compensating' ORDER BY id LIMIT %s
"""


@dataclass
class Report:
    """What an audit found, by module."""

    checked: dict[str, int] = field(default_factory=dict)
    found: dict[str, list[Finding]] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)
    """Modules whose audit was broken off, or that could not be compared with others, and why."""
    elsewhere: dict[str, str] = field(default_factory=dict)
    """Modules that look at their own tables where they live, and where that is."""

    def disagreements(self) -> list[tuple[str, Finding]]:
        return [(module, found) for module, all_of in self.found.items() for found in all_of if not found.settling]

    def settling(self) -> list[tuple[str, Finding]]:
        return [(module, found) for module, all_of in self.found.items() for found in all_of if found.settling]

    def add(self, module: str, number: int, findings: tuple[Finding, ...] = ()) -> int:
        """Add what was looked at of a module, and what was found; how much it is by now."""
        self.checked[module] = self.checked.get(module, 0) + number
        self.found.setdefault(module, []).extend(findings)
        return self.checked[module]


def run(progress: Progress = lambda module, checked: None) -> Report:
    """Audit every module that lives here by itself, and all modules by the rules of this deployable."""
    routes = topology.current()
    elsewhere = (name for name in known() if not routes.is_here(name))
    report = Report(elsewhere={name: routes.moved.get(name, NO_ADDRESS) for name in elsewhere})
    for module in active().values():
        if routes.is_here(module.name):
            _audit(module, report, progress)
    _compare(_rules(), report, progress)
    return report


def wait_until_settled(wait: float, progress: Progress = lambda module, checked: None) -> Report:
    """Audit until nothing that was settling at first still is, for `wait` seconds at most.

    What then still is counts as a disagreement; what has begun to settle meanwhile does not.
    """
    over = time.monotonic() + wait
    report = run(progress)
    waiting = set(report.settling())
    while (waiting or report.unanswered) and time.monotonic() < over:
        time.sleep(POLL_SECONDS)
        report = run(progress)
        waiting &= set(report.settling())
    for module, finding in waiting:
        at = report.found[module].index(finding)
        report.found[module][at] = finding._replace(problem=f"{finding.problem}, and stays so", settling=False)
    return report


def _rules() -> tuple[Rule, ...]:
    """Find the rules that have to do with a module that is known here."""
    rules = find_rules(settings.AUDIT_RULES)
    return tuple(rule for rule in rules if any(kind.module in known() for kind in rule.kinds))


def _compare(rules: tuple[Rule, ...], report: Report, progress: Progress) -> None:
    comparison = Comparison(rules)
    with entered(Context(request_id=new_id(), origin="audit")):
        for compared in comparison.run():
            for module, number in compared.numbers.items():
                progress(module, report.add(module, number))
            for module, finding in compared.findings:
                report.add(module, 0, (finding,))
    report.unanswered = {**comparison.unanswered, **report.unanswered}


def _audit(module: Module, report: Report, progress: Progress) -> None:
    report.add(module.name, 0)
    try:
        with working_for(module.name):
            for checked in chain(_underway(module.name), _checks(module)):
                progress(module.name, report.add(module.name, *checked))
    except (ContractError, Error) as error:
        report.unanswered[module.name] = reason(error) if isinstance(error, Error) else str(error).strip()
        if isinstance(error, Error):
            close_old_connections()


def _underway(module: str) -> Iterator[Checked]:
    """Find what the runtime itself keeps of a module: events that were not handled yet, flows that turned back."""
    for event_id, name, subscriber, state, error in fetch(module, _STUCK, [module, BATCH_SIZE]):
        dead = state == "dead"
        problem = f"{name} is not handled by {subscriber}" + (f", and dead: {error}" if dead else "")
        remedy = f"put that right, then: manage.py events retry --event {event_id}" if dead else ""
        yield Checked(0, (Finding(f"event {event_id}", problem, not dead, remedy),))
    for saga_id, name in fetch(module, _COMPENSATING, [module, BATCH_SIZE]):
        yield Checked(0, (Finding(f"{name} {saga_id}", "has turned back, and is not undone yet", settling=True),))


def _checks(module: Module) -> Iterator[Checked]:
    if module.has("audit"):
        yield from getattr(module.room("audit"), "checks", lambda: ())()
