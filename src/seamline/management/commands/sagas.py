"""`manage.py sagas`: look after flows that are not at their end."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import Error

from seamline.databases.unanswered import reason
from seamline.management.operating import NOTHING, USAGE, add_actions, confirm, id_of, modules_here
from seamline.operations import saga_administration
from seamline.operations.saga_administration import Standing

ACTIONS = {
    "list": (
        "Sagas that are not at their end, the oldest first: where each stands, and why it goes back. Exit status: 0 "
        "there are such, 1 there are none.",
        "manage.py sagas list --module NAME",
    ),
    "retry": (
        "Have sagas go on now, and not after their pause. Say which: by --module, --name or --id. Exit status: 0 done, "
        "1 nothing matched.",
        "manage.py sagas retry --id 4b9280c9-b7b7-45f1-90fe-1a6cd47399ac",
    ),
    "compensate": (
        "Have one saga go back: what its steps did is undone. Exit status: 0 done, 1 nothing matched, it goes back "
        "already, or you said no.",
        "manage.py sagas compensate --id 4b9280c9-b7b7-45f1-90fe-1a6cd47399ac --why 'the goods are lost'",
    ),
}


class Command(BaseCommand):
    help = (
        "Flows of the modules that live here: what is not at its end, and what to do about it. "
        "`manage.py sagas ACTION --help` tells more. Exit status: 0 done, 1 nothing matched, 2 usage.\n"
        "Example: manage.py sagas list"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = add_actions(parser, ACTIONS, "sagas of this module")
        for name, action in actions.items():
            action.add_argument("--name", help="only sagas of this name")
            action.add_argument(
                "--id",
                type=id_of("saga", "`manage.py sagas list` shows"),
                required=name == "compensate",
                help="only the saga with this id",
            )
        actions["list"].add_argument("--json", action="store_true", help="as JSON")
        actions["compensate"].add_argument("--why", required=True, help="what is noted as the reason")
        actions["compensate"].add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        act = {"list": self._list, "retry": self._retry, "compensate": self._compensate}[options["action"]]
        try:
            matched = act(modules_here(options["module"]), options)
        except Error as error:
            raise CommandError(f"of a module, {reason(error)}") from None
        if not matched:
            sys.exit(NOTHING)

    def _list(self, modules: list[str], options: dict[str, Any]) -> bool:
        found = _find(modules, options)
        if options["json"]:
            rows = [{"module": module, **saga._asdict()} for module, saga in found]
            self.stdout.write(json.dumps(rows, indent=2, cls=DjangoJSONEncoder))
        else:
            self.stdout.write("\n".join(_words(module, saga) for module, saga in found) or "nothing is under way")
        return bool(found)

    def _retry(self, modules: list[str], options: dict[str, Any]) -> bool:
        if not (options["module"] or options["name"] or options["id"]):
            raise CommandError("say which: --module, --name or --id", returncode=USAGE)
        number = sum(saga_administration.retry(module, options["name"], options["id"]) for module in modules)
        return self._answer(number, "{} saga(s) will go on now", options)

    def _compensate(self, modules: list[str], options: dict[str, Any]) -> bool:
        found = _find(modules, options)
        if not found:
            return self._answer(0, "", options)
        [(module, saga)] = found
        self.stdout.write(_words(module, saga))
        if not confirm(self, "What it did will be undone. Have it go back?", yes=options["yes"]):
            return False
        if not saga_administration.compensate(module, saga.id, options["why"]):
            self.stderr.write(f"saga {saga.id} goes back already, or is at its end")
            return False
        return self._answer(1, "it goes back now", options)

    def _answer(self, number: int, words: str, options: dict[str, Any]) -> bool:
        if number:
            self.stdout.write(words.format(number))
        else:
            self.stderr.write(f"no saga {options['id']} is under way here" if options["id"] else "nothing matches")
        return bool(number)


def _find(modules: list[str], options: dict[str, Any]) -> list[tuple[str, Standing]]:
    which = options["name"], options["id"]
    return [(module, saga) for module in modules for saga in saga_administration.find(module, *which)]


def _words(module: str, saga: Standing) -> str:
    lines = [
        f"{module} {saga.name}: {saga.state}, at step {saga.step + 1}",
        f"    id        {saga.id}",
        f"    started   {saga.started_at:%Y-%m-%d %H:%M:%SZ}, under request {saga.request_id}",
        f"    due       {saga.due_at:%Y-%m-%d %H:%M:%SZ}, goes back by itself {saga.deadline:%Y-%m-%d %H:%M:%SZ}",
        f"    attempts  {saga.attempts}",
    ]
    return "\n".join([*lines, *([f"    reason    {saga.reason}"] if saga.reason else [])])
