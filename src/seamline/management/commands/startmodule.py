"""`manage.py startmodule`: write a new module."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from seamline.scaffold import naming, writing
from seamline.scaffold.naming import BadName, Names
from seamline.scaffold.writing import Scaffold

USAGE = 2
"""Exit status: a person has to say something else."""


class Command(BaseCommand):
    help = (
        "Write a new module: its contract and its folder, which runs, passes make lint and make test, and can leave.\n"
        "Example: manage.py startmodule gift_cards"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the module is called, as a plural where there is one: gift_cards")
        parser.add_argument("--noun", help="what one of its things is called; its singular, unless it is given")

    def handle(self, *args: Any, name: str, noun: str | None, **options: Any) -> None:
        try:
            names = naming.named(name, noun, settings.BASE_DIR)
            new = writing.scaffold(names)
        except BadName as error:
            raise CommandError(str(error), returncode=USAGE) from None
        try:
            writing.write(new, settings.BASE_DIR)
        except OSError as error:
            raise CommandError(f"{error}; nothing was written") from None
        self.stdout.write(_summary(names, new))


def _summary(names: Names, new: Scaffold) -> str:
    commands = {
        "make run": f"serve it: http://127.0.0.1:{settings.PORT}/api/v1/{names.path}, and /api/docs",
        f"make test ARGS=src/modules/{names.name}": "check everything, and run its tests",
        f"make extract MODULE={names.name} INTO=../{names.path}-service": "make it a service of its own",
    }
    width = max(map(len, commands))
    return "\n".join(
        [
            *(f"wrote {path}" for path in sorted(new.files)),
            "",
            "Next:",
            *(f"  {command:{width}}  # {purpose}" for command, purpose in commands.items()),
        ]
    )
