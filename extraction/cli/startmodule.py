"""A new module."""

import click

from extraction.cli.common import OUT, fail, print_commands, with_project
from extraction.processes.errors import InvalidArgument
from extraction.reading.project import Project
from extraction.writing import names, new_module

USAGE = 2
"""Exit status: a person has to say something else."""


@click.command(
    "startmodule",
    short_help="Write a new module, with its contract.",
    epilog="Example: python -m extraction startmodule gift_cards",
)
@click.argument("name")
@click.option("--noun", help="What one of its things is called; its singular, unless it is given.")
@with_project
def startmodule(project: Project, name: str, noun: str | None) -> None:
    """Write a new module: its contract and its folder, which runs, passes make lint and make test, and can leave.

    NAME is what the module is called, as a plural where there is one: gift_cards.
    """
    try:
        chosen = names.choose_names(name, noun, project.root)
        deployable = names.ask_deployable(chosen, project.root)
        names.refuse_taken(chosen, deployable)
        new = new_module.plan(chosen, project.root)
    except InvalidArgument as error:
        fail(str(error), USAGE)
    try:
        new_module.write(new, project.root)
    except FileExistsError as error:
        fail(f"{error}; nothing was written")
    OUT.print("\n".join(f"wrote {path}" for path in sorted(new.files)), markup=False)
    print_commands(
        {
            "make run": f"serve it: http://127.0.0.1:{deployable.port}/api/v1/{chosen.path}, and /api/docs",
            f"make test ARGS=src/modules/{chosen.name}": "check everything, and run its tests",
            f"make extract MODULE={chosen.name} INTO=../{chosen.path}-service": "make it a service of its own",
        }
    )
