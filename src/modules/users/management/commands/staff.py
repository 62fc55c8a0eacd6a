"""`manage.py staff`: who may do what only staff may."""

import argparse
import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from modules.users import service
from seamline import topology
from seamline.context import working_for

USAGE = 2
"""Exit status, beside 0 for done and 1 for nobody there."""


class Command(BaseCommand):
    help = (
        "Show the scopes of a user, and grant or revoke some: they are in the tokens that the user gets from then on. "
        "Exit status: 0 done, 1 there is no such user, 2 usage.\n"
        "Example: manage.py staff ada@example.com --grant catalog:write inventory:write orders:write payments:write"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="of an account that is registered already")
        for name in ("grant", "revoke"):
            parser.add_argument(f"--{name}", nargs="+", type=_scope, default=[], metavar="SCOPE", help=f"{name} these")

    def handle(self, *args: Any, **options: Any) -> None:
        if not topology.current().is_here("users"):
            raise CommandError("users live in another deployable: run it there", returncode=USAGE)
        with working_for("users"):
            user = service.change_scopes(options["email"], {*options["grant"]}, {*options["revoke"]})
        if user is None:
            raise CommandError("there is no such user: they register first, by POST /api/v1/users")
        self.stdout.write(f"{user.id}: {user.scopes or 'no scopes'}")


def _scope(text: str) -> str:
    if not re.fullmatch("[a-z_]{1,30}:[a-z_]{1,30}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no scope, such as orders:write")
    return text
