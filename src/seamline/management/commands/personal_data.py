"""`manage.py personal_data`: what a person may ask of whoever stores something about them."""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from seamline import layout
from seamline.encryption import CannotDecrypt
from seamline.management.operating import USAGE, confirm, modules_here
from seamline.personal_data import Erasure, Export, NotReady, erase, export, find_person, rotate

UNANSWERED = 1
ACTIONS = {
    "export": (
        "All that the modules have of a person, as JSON. Exit status: 0 all modules answered, 1 one did not, 2 usage.",
        "manage.py personal_data export somebody@example.com > somebody.json",
    ),
    "erase": (
        "Have all modules erase what is a person's, but for what has to be kept, which then names nobody. May be said "
        "again. Exit status: 0 done, 1 a module did not answer, or you said no, 2 usage.",
        "manage.py personal_data erase 4b9280c9-b7b7-45f1-90fe-1a6cd47399ac",
    ),
}
ROTATE = (
    "Encrypt anew what was stored under older keys, or before there were any, with the first of PERSONAL_DATA_KEYS. It "
    "may be ended and said again, while all goes on; then older keys may go. Exit status: 0 all is of the newest key, "
    "1 something could not be decrypted, 2 usage."
)


class Command(BaseCommand):
    help = (
        "What is stored of one person, in all modules, wherever they live. "
        "`manage.py personal_data ACTION --help` tells more.\n"
        "Example: manage.py personal_data export somebody@example.com"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        subparsers = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, (text, example) in ACTIONS.items():
            action = subparsers.add_parser(name, help=text.split(". ")[0], description=f"{text} Example: {example}")
            action.add_argument("user", help="their id; or their e-mail address, where the accounts live here")
            if name == "erase":
                action.add_argument("--yes", action="store_true", help="do not ask whether you are sure")
        described = f"{ROTATE} Example: manage.py personal_data rotate"
        rotation = subparsers.add_parser("rotate", help=ROTATE.split(". ")[0], description=described)
        rotation.add_argument("--module", help="only the data of this module")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "rotate":
            self._rotate(modules_here(options["module"]))
            return
        person = _id_of(options["user"])
        if options["action"] == "export":
            exported = export(person, self._tell)
            self.stdout.write(_as_json(person, exported))
            self._end(exported.unanswered)
        elif confirm(self, f"Erase all that is stored of {person}?", options["yes"]):
            erasure = erase(person, self._tell)
            self.stdout.write(_as_text(erasure))
            self._end(erasure.unanswered)
        else:
            sys.exit(UNANSWERED)

    def _rotate(self, modules: list[str]) -> None:
        done = 0

        def tell(table: str, rows: int) -> None:
            nonlocal done
            done += rows
            self._tell(f"{table}, {done:,} rows")

        try:
            changed = rotate(modules, tell)
        except NotReady as error:
            raise CommandError(str(error), returncode=USAGE) from None
        except CannotDecrypt as error:
            raise CommandError(f"{error}; {done:,} rows before it are done", returncode=UNANSWERED) from None
        self.stdout.write(f"{changed:,} rows were encrypted anew; no older key is needed for what lives here")

    def _end(self, unanswered: Mapping[str, str]) -> None:
        for module, why in unanswered.items():
            self.stderr.write(f"{module} did not answer: {why}")
        if unanswered:
            sys.exit(UNANSWERED)

    def _tell(self, module: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"at {module} …")


def _id_of(user: str) -> str:
    if "@" in user:
        found = find_person(user)
        if found is None:
            raise CommandError("nobody here has an account by this address; say their id", returncode=USAGE)
        return found
    try:
        return str(layout.current().user_id_type(user))
    except ValueError:
        raise CommandError(f"{user!r} is no id of a user, and no e-mail address", returncode=USAGE) from None


def _as_json(person: str, found: Export) -> str:
    told = {
        module: {
            kind: [{field.name: field.value for field in record.fields} for record in records]
            for kind, records in kinds.items()
        }
        for module, kinds in found.records.items()
    }
    document = {"user": person, "complete": not found.unanswered, "stored": told}
    return msgspec.json.format(msgspec.json.encode(document)).decode()


def _as_text(found: Erasure) -> str:
    lines = []
    for module, kinds in found.erased.items():
        for erased in kinds:
            kept = f"; {erased.kept:,} stay: {erased.because}" if erased.kept and erased.because else ""
            lines.append(f"{module:20} {erased.kind:20} {erased.rows:,} erased{kept}")
    return "\n".join(lines or ["nothing is stored of them"])
