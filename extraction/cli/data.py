"""A module's data goes along."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import click

from extraction import data
from extraction.cli.common import ERR, OUT, fail, require_module, step, with_project
from extraction.data.copying import counted, megabytes
from extraction.data.files import Carried, listed
from extraction.processes.errors import InvalidArgument
from extraction.reading.project import Project
from extraction.writing.traits import Traits


@click.group("data", epilog="Example: python -m extraction data copy parcels --to ../parcels-service")
def data_group() -> None:
    """Take a module's data along to where it goes."""


def between(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the module, and the arguments that name its two databases."""
    for option in (
        click.option(
            "--to", metavar="URL|FOLDER", required=True, help="The module's database there, or the service's folder."
        ),
        click.option(
            "--from",
            "from_",
            metavar="URL|FOLDER",
            help="The module's database here.",
            show_default="as the settings of --root have it",
        ),
    ):
        command = option(command)
    return with_project(click.argument("module")(command))


@data_group.command("copy", epilog="Example: python -m extraction data copy parcels --to ../parcels-service")
@click.option("--replace", is_flag=True, help="Delete what the target has.")
@click.option("--while-running", is_flag=True, help="Rehearse: copy a snapshot of what others may write to.")
@between
def data_copy(project: Project, module: str, to: str, from_: str | None, replace: bool, while_running: bool) -> None:
    """Copy MODULE's database into another one: its tables, and all that is in flight."""
    try:
        copied(project, module, from_, to, replace=replace, while_running=while_running)
    except KeyboardInterrupt:
        fail("interrupted, the target is not complete: the same command goes on", 130)
    if while_running:
        OUT.print(
            "  rehearsal what was written after it began is not there; to move, stop the writers and --replace it"
        )


def copied(
    project: Project, module: str, from_: str | None, to: str, *, replace: bool, while_running: bool = False
) -> None:
    """Copy, and say what came of it."""
    with _databases(project, module, from_, to, migrate=True) as (source, target), data.bar(ERR) as bar:
        done = data.copy(source, target, module, bar, step, replace=replace, while_running=while_running)
    OUT.print(f"{module} is copied to {target}: {done}", markup=False)
    OUT.print("  verified  every table has the rows and the checksum that it has in the source")
    _show_files(project, module, done.files)


def _show_files(project: Project, module: str, carried: Carried | None) -> None:
    """Say what became of the files that rows name, or who has to see to them."""
    if carried is None:
        if Traits.of(project, module).keeps_files:
            OUT.print(f"  files     copy those that the rows of {module} name from the one MEDIA_ROOT to the other")
        return
    if carried.number:
        OUT.print(f"  files     {counted(carried.number, 'file')}, {megabytes(carried.size)}, below MEDIA_ROOT")
    if carried.missing:
        missing = f"{counted(len(carried.missing), 'file')} named, and not there: {listed(carried.missing)}"
        OUT.print(f"  files     {missing}", markup=False)


@data_group.command("verify", epilog="Example: python -m extraction data verify parcels --to ../parcels-service")
@between
def data_verify(project: Project, module: str, to: str, from_: str | None) -> None:
    """Compare MODULE's database with the one that it was copied into."""
    with _databases(project, module, from_, to) as (source, target), data.bar(ERR) as bar:
        found = data.verify(source, target, module, bar)
    for difference in found.different:
        click.echo(difference)
    if found.different:
        fail(f"{target} is not what the source is: copy again, or find out who writes to it")
    OUT.print(f"{target} is what the source is: {found}", markup=False)


@contextmanager
def _databases(
    project: Project, module: str, source: str | None, target: str, *, migrate: bool = False
) -> Iterator[tuple[data.Database, data.Database]]:
    """Source and target of a copy."""
    require_module(project, module)
    with ExitStack() as stack:
        places = []
        for option, where in (("--from", source or str(project.root)), ("--to", target)):
            to_migrate = migrate and option == "--to"
            try:
                place = data.open_database(where, module, project.root, step, migrate=to_migrate)
                places.append(stack.enter_context(place))
            except InvalidArgument as error:
                raise click.BadParameter(str(error), param_hint=option) from None
        yield places[0], places[1]
