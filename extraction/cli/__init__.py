"""The command line: a file for each command."""

import sys
from importlib import import_module

import click

from extraction.processes import installation, interruption

COMMANDS = {
    "list": "listing.list_modules",
    "map": "map.draw_map",
    "check": "check.check",
    "cost": "cost.cost",
    "compat": "compat.compat",
    "extract": "extract.extract",
    "data": "data.data_group",
    "move": "move.move",
    "finish": "finish.finish",
    "fold": "fold.fold",
    "new": "new.new",
    "startmodule": "startmodule.startmodule",
    "survey": "survey.survey",
    "adopt": "adopt.adopt",
    "update": "update.update",
    "outdated": "outdated.find_outdated",
    "verify": "verify.verify",
}
"""Each command's file, and its name there; loaded when it is asked for, because not each needs the same libraries."""


class Commands(click.Group):
    """The commands, of which each says itself what it lacks."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all of them, also those that cannot run here."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one; where a library is missing, one that says so stands in for it."""
        if cmd_name not in COMMANDS:
            return None
        file, _, name = COMMANDS[cmd_name].partition(".")
        try:
            command: click.Command = getattr(import_module(f"extraction.cli.{file}"), name)
        except ModuleNotFoundError as missing:
            return _incomplete(cmd_name, missing.name or str(missing))
        except KeyboardInterrupt:
            sys.exit(130)
        return command


def _incomplete(name: str, missing: str) -> click.Command:
    """Make a command that only says which library it lacks."""

    def say() -> None:
        click.echo(f"error: {name} cannot run: {installation.how_to_install(missing)}", err=True)
        sys.exit(1)

    anything = {"ignore_unknown_options": True, "allow_extra_args": True}
    lacks = f"(Lacks {missing}.)"
    return click.Command(name, context_settings=anything, callback=say, short_help=lacks, help=lacks)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: python -m extraction extract parcels --into ../parcels-service",
)
def main() -> None:
    """Say what ties modules together, and promote one to a service of its own."""
    interruption.prepare()
