"""What the operators' commands share: which modules are meant, which id, and whether somebody is sure."""

import argparse
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from seamline import topology
from seamline.module import known
from seamline.operations import event_administration

NOTHING, USAGE = 1, 2
"""Exit statuses, beside 0: nothing matched, or something needs a person; and the command line will not do."""


def add_actions(
    parser: ArgumentParser, actions: Mapping[str, tuple[str, str]], whose: str
) -> dict[str, ArgumentParser]:
    """Give a command its actions, each with what it does and an example, and with `--module`."""
    subparsers = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    added = {}
    for name, (text, example) in actions.items():
        added[name] = subparsers.add_parser(name, help=text.split(". ")[0], description=f"{text} Example: {example}")
        added[name].add_argument("--module", help=f"only {whose}")
    return added


def modules_here(wanted: str | None) -> list[str]:
    """Name the modules that are meant: one, or all that live here. Raises `CommandError`."""
    here = event_administration.modules()
    if wanted is None or wanted in here:
        return [wanted] if wanted else here
    elsewhere = topology.current().moved.get(wanted) if wanted in known() else None
    place = f"it lives at {elsewhere}" if elsewhere else f"there are: {', '.join(here)}"
    raise CommandError(f"no module {wanted!r} lives here; {place}", returncode=USAGE)


def id_of(what: str, shown_by: str) -> Callable[[str], UUID]:
    """Make what reads such an id from the command line."""

    def read(text: str) -> UUID:
        try:
            return UUID(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no {what}'s id, such as {shown_by}") from None

    return read


def confirm(command: BaseCommand, question: str, yes: bool) -> bool:
    """Ask whether somebody is sure. Raises `CommandError` where nobody is there to ask."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise CommandError("nobody is there to ask: say --yes if this is what you want", returncode=USAGE)
    if input(f"{question} [y/N] ").strip().lower() in ("y", "yes"):
        return True
    command.stdout.write("nothing was changed")
    return False
