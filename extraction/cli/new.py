"""A system of one's own."""

import re
import shlex
from pathlib import Path

import click

from extraction.cli.common import OUT, print_commands, refusing, relative_path, step
from extraction.writing import new_system, writer

COMMAND = "new"
"""What the record of a system says that it was written by."""


@click.command(
    COMMAND,
    short_help="Write a system of your own, with log-in and a module to start from.",
    epilog="Example: python -m extraction new ../acme --licence mit",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, resolve_path=True))
@click.option("--name", help="What the system is called: acme. The folder's name, unless it is given.")
@click.option(
    "--licence",
    type=click.Choice(list(new_system.LICENCES)),
    default="none",
    show_default=True,
    help="Under which licence others may have it.",
)
@refusing
def new(folder: Path, name: str | None, licence: str) -> None:
    """Write a system of your own to DIR, a new or empty folder.

    It depends on the runtime that this tool carries, needs nothing of this repository, and has the same two commands:
    make run, make test.
    """
    system = new_system.System(name or re.sub(r"[ .]+", "-", folder.name.lower()), licence)
    new_system.check_name(system.name)
    writer.refuse_unless_free(folder)
    step(f"writing {system.name}")
    files = new_system.plan_files(system)
    options = {"name": system.name, "licence": licence}
    without = writer.write_new(files, folder, COMMAND, options, f"Begin {system.name}")
    OUT.print(f"{system.name} is in {relative_path(folder)}: {len(files)} files", markup=False)
    OUT.print(f"  history  {f'none: {without}' if without else 'one commit on main'}", markup=False)
    there = f"cd {shlex.quote(relative_path(folder))} && "
    print_commands(
        {
            f"{there}make run": "serve it: http://127.0.0.1:8000/api/docs",
            f"{there}make test": "check everything, and run its tests",
            f"{there}.venv/bin/extraction startmodule gift_cards": "the first module of your own",
        }
    )
