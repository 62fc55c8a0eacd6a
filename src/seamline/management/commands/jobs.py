"""`manage.py jobs`: how periodic jobs went, and one of them now."""

import json
import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import Error

from seamline.databases.unanswered import reason
from seamline.management.operating import NOTHING, USAGE, modules_here
from seamline.work import jobs
from seamline.work.jobs import LastRun

COLUMNS = ("module", "job", "when", "runs", "last ended", "took", "due", "error")


class Command(BaseCommand):
    help = (
        "Periodic jobs of the modules that live here: when each ran last, how it went, and when it is due. "
        "Exit status: 0 done, 1 the last run of some failed, or there is no such job, 2 usage.\n"
        "Example: manage.py jobs list"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        listing = actions.add_parser("list", help="how each went", description="Example: manage.py jobs list")
        listing.add_argument("--module", help="only jobs of this module")
        listing.add_argument("--json", action="store_true", help="as JSON")
        run = actions.add_parser(
            "run",
            help="have one run now",
            description="Have a job run now, by whoever runs jobs. Example: manage.py jobs run --module NAME tidy_up",
        )
        run.add_argument("--module", required=True, help="whose job it is")
        run.add_argument("name", help="of the job, as `manage.py jobs list` shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        act = {"list": self._list, "run": self._run}[options["action"]]
        try:
            if not act(modules_here(options["module"]), options):
                sys.exit(NOTHING)
        except Error as error:
            raise CommandError(f"of a module, {reason(error)}") from None

    def _list(self, modules: list[str], options: dict[str, Any]) -> bool:
        rows = [(module, when, run) for module in modules for when, run in jobs.describe(module)]
        if options["json"]:
            told = [{"module": module, "when": when, **run._asdict()} for module, when, run in rows]
            self.stdout.write(json.dumps(told, indent=2, cls=DjangoJSONEncoder))
        else:
            self.stdout.write(_table([_cells(*row) for row in rows]))
        return not any(run.error for _, _, run in rows)

    def _run(self, modules: list[str], options: dict[str, Any]) -> bool:
        [module] = modules
        if not jobs.make_due(module, options["name"]):
            there_are = ", ".join(task.name for task in jobs.tasks(module))
            raise CommandError(f"{module} has no job {options['name']!r}; there are: {there_are}", returncode=USAGE)
        self.stdout.write(f"{options['name']} of {module} is due now")
        return True


def _cells(module: str, when: str, run: LastRun) -> tuple[str, ...]:
    took = "-" if run.seconds is None else f"{run.seconds:.1f} s"
    return module, run.name, when, str(run.runs), _time(run.ended_at), took, _time(run.due_at), run.error or "-"


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%SZ}" if moment else "-"


def _table(rows: list[tuple[str, ...]]) -> str:
    table = [COLUMNS, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )
