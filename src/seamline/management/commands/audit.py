"""`manage.py audit`: do the modules agree?"""

import argparse
import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from seamline import audit
from seamline.audit import Finding, Report

PROGRESS_SECONDS = 2.0
"""Before the first line of progress, and between two."""
DISAGREEMENT_STATUS = 1


class Command(BaseCommand):
    help = (
        "Have the modules that live here look at their own tables, and compare what all modules state by contract, "
        "wherever they live. What is still on its way is said to be settling. "
        "Exit status: 0 all agrees, 1 something does not, 2 usage.\n"
        "Example: manage.py audit --wait 30"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="the report as JSON")
        parser.add_argument(
            "--wait",
            type=_seconds,
            metavar="SECONDS",
            help="wait until all has settled, so long at most; what has not settled then does not agree",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wait, progress = options["wait"], Progress()
        report = audit.run(progress) if wait is None else audit.wait_until_settled(wait, progress)
        self.stdout.write(_json(report) if options["json"] else _text(report))
        if report.disagreements() or report.unanswered:
            sys.exit(DISAGREEMENT_STATUS)


class Progress:
    """Says on stderr how far an audit has come, where it takes long."""

    def __init__(self) -> None:
        self._due = time.monotonic() + PROGRESS_SECONDS

    def __call__(self, module: str, checked: int) -> None:
        if time.monotonic() > self._due:
            print(f"{module}: {checked:,} checked …", file=sys.stderr, flush=True)
            self._due = time.monotonic() + PROGRESS_SECONDS


def _text(report: Report) -> str:
    wrong, settling = report.disagreements(), report.settling()
    lines = [line for module, finding in wrong for line in (f"{module}: {finding}", *_remedy(finding))]
    lines += [f"{module}: {finding} (settling)" for module, finding in settling]
    lines += [f"{module}: could not be audited: {why}" for module, why in report.unanswered.items()]
    lines += [f"{module} looks at its own tables where it lives, at {url}" for module, url in report.elsewhere.items()]
    checked = ", ".join(f"{module} {number:,}" for module, number in report.checked.items())
    verdict = f"{len(wrong)} disagreements" if wrong else "not all answered" if report.unanswered else "all agrees"
    return "\n".join([*lines, f"{verdict}, {len(settling)} settling; checked: {checked}"])


def _remedy(finding: Finding) -> list[str]:
    return [f"    to do: {finding.remedy}"] if finding.remedy else []


def _json(report: Report) -> str:
    found = report.disagreements() + report.settling()
    return json.dumps(
        {
            "agrees": not (report.disagreements() or report.unanswered),
            "checked": report.checked,
            "findings": [{"module": module, **finding._asdict()} for module, finding in found],
            "unanswered": report.unanswered,
            "elsewhere": report.elsewhere,
        },
        indent=2,
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds
