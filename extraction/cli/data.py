"""A module's data goes along."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from extraction import data
from extraction.cli.common import ERR, OUT, fail, refusing, require_module, root_option, step, with_project
from extraction.data.copying import counted, megabytes
from extraction.data.files import Carried, listed
from extraction.processes.errors import InvalidArgument
from extraction.reading.project import Project
from extraction.writing.traits import Traits


@click.group("data", epilog="Example: python -m extraction data copy parcels --to ../parcels-service")
def data_group() -> None:
    """Take a module's data along to where it goes."""


def _sides(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the arguments that name two databases."""
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
    return command


def between(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the module, and the arguments that name its two databases."""
    return with_project(click.argument("module")(_sides(command)))


_REHEARSAL = "  rehearsal what was written after it began is not there; to move, stop the writers and --replace it"


@data_group.command("copy", epilog="Example: python -m extraction data copy parcels --to ../parcels-service")
@click.option("--replace", is_flag=True, help="Delete what the target has.")
@click.option("--while-running", is_flag=True, help="Rehearse: copy a snapshot of what others may write to.")
@click.option(
    "--app", metavar="LABEL", help="Copy this app's tables alone, out of a common database: both sides as addresses."
)
@click.argument("module", required=False)
@_sides
@root_option
def data_copy(
    module: str | None,
    app: str | None,
    from_: str | None,
    to: str,
    replace: bool,
    while_running: bool,
    root: Path,
) -> None:
    """Copy MODULE's database into another one: its tables, and all that is in flight."""
    if app:
        if module not in (None, app) or not from_ or "://" not in from_ or "://" not in to:
            raise click.UsageError("--app LABEL takes --from URL and --to URL, and no other MODULE")
        _copy_app(root=root, app=app, from_=from_, to=to, replace=replace, while_running=while_running)
    elif module is None:
        raise click.UsageError("name the MODULE, or an app in a common database by --app")
    else:
        _copy_module(root=root, module=module, from_=from_, to=to, replace=replace, while_running=while_running)


@refusing
def _copy_app(root: Path, app: str, from_: str, to: str, replace: bool, while_running: bool) -> None:
    with (
        data.open_database(from_, app, root, step) as source,
        data.open_database(to, app, root, step) as target,
        data.bar(ERR) as bar,
    ):
        options = {"replace": replace, "while_running": while_running}
        done = data.copy(source, target, app, bar, step, is_shared=True, **options)
    OUT.print(f"the tables of {app} are copied to {target}: {done}", markup=False)
    OUT.print("  verified  every table has the rows and the checksum that it has in the source")
    if while_running:
        OUT.print(_REHEARSAL)


@with_project
def _copy_module(project: Project, module: str, to: str, from_: str | None, replace: bool, while_running: bool) -> None:
    try:
        copied(project, module, from_, to, replace=replace, while_running=while_running)
    except KeyboardInterrupt:
        fail("interrupted, the target is not complete: the same command goes on", 130)
    if while_running:
        OUT.print(_REHEARSAL)


def copied(
    project: Project, module: str, from_: str | None, to: str, *, replace: bool, while_running: bool = False
) -> None:
    """Copy, and say what came of it."""
    with _databases(project, module, from_, to, migrate=True) as (source, target), data.bar(ERR) as bar:
        done = data.copy(source, target, module, bar, step, replace=replace, while_running=while_running)
    OUT.print(f"{module} is copied to {target}: {done}", markup=False)
    OUT.print("  verified  every table has the rows and the checksum that it has in the source")
    OUT.print("  keys      what is personal stays encrypted as it was: PERSONAL_DATA_KEYS has to have the same there")
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
