"""A module moves while it runs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from extraction import data
from extraction.cli.common import ERR, OUT, print_commands, relative_path, require_module, step, with_project
from extraction.data.copying import megabytes
from extraction.moving import apart, deployables
from extraction.moving.apart import MoveApart
from extraction.moving.moving import Move, moving
from extraction.moving.row import Row
from extraction.moving.streams import End
from extraction.processes.errors import Refused
from extraction.reading.project import Project

ACTIONS = ("status", "back", "finish", "abort")


def _actions(command: Callable[..., None]) -> Callable[..., None]:
    for name, text in (
        ("abort", "Give up a move that has not come to the fence."),
        ("finish", "End the move: the tables are the owner's, and the way back is closed."),
        ("back", "Bring it home again, while it runs."),
        ("status", "Say who owns it, and how far its move has come."),
    ):
        command = click.option(f"--{name}", is_flag=True, help=text)(command)
    return command


@click.command(
    short_help="Move MODULE to its service while both run.",
    epilog="Example: python -m extraction move parcels --to ../parcels-service",
)
@click.argument("module")
@click.option(
    "--to",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    metavar="FOLDER",
    help="The service's folder.",
)
@click.option("--at", metavar="URL", help="Where the service answers.", show_default="by its settings, in development")
@click.option("--dry-run", is_flag=True, help="Print the plan, and change nothing.")
@_actions
@with_project
def move(project: Project, module: str, to: Path | None, at: str | None, dry_run: bool, **wanted: bool) -> None:
    """Make the service the owner of MODULE's data, while requests come in.

    Where the service has the module's database on the same server, that stays what it is and only its owner changes.
    Where its settings name another server, the data goes there while requests come in, and streams back until --finish.

    It needs the service's folder once; --back, --finish and --abort take it where files or data go along.
    """
    chosen = [name for name in ACTIONS if wanted[name]]
    if len(chosen) > 1 or (dry_run and chosen):
        raise click.UsageError("one of --to, --status, --back, --finish, --abort")
    if not chosen and to is None:
        raise click.UsageError("say where it moves --to, or one of --status, --back, --finish, --abort")
    require_module(project, module)
    with ExitStack() as stack:
        home = stack.enter_context(deployables.at(project.root, project.root, module))
        making = not (chosen or dry_run)
        service = stack.enter_context(deployables.at(to, project.root, module, make=making)) if to else None
        work = stack.enter_context(_open(home, service, making, chosen))
        if chosen:
            ends = [service, home] if service else [home]
            {"status": _status, "back": _back, "finish": _finish, "abort": _abort}[chosen[0]](work, ends)
        elif service and dry_run:
            _show_plan(work, work.make_plan(service, at, work.row()))
        elif service:
            _move(work, service, at)


@contextmanager
def _open(
    home: deployables.Deployable, service: deployables.Deployable | None, making: bool, chosen: list[str]
) -> Iterator[Move]:
    """Open the databases that the move is of."""
    if service and home.place != service.place:
        is_plan = not making and not chosen
        with data.bar(ERR) as bar, apart.moving_apart(home, service, step, bar, make=making, is_plan=is_plan) as work:
            yield work
        return
    with moving(home, step) as work:
        found = work.row()
        if found and found.is_apart and chosen not in (["status"], ["abort"]):
            raise Refused(f"{work.module} moves between two servers: name the service's folder with --to")
        yield work


def _move(work: Move, service: deployables.Deployable, at: str | None) -> None:
    found, ends = work.row(), [work.home, service]
    if found and found.has_left and found.owner.owner == service.name:
        work.follow(found, ends)  # it was cut off after the fence
    else:
        found = work.cut_over(work.prepare(service, at), ends)
    OUT.print(f"{work.module} has moved to {found.owner}", markup=False)
    OUT.print(f"  epoch     {found.epoch}; {found.other.owner} passes on what comes to it", markup=False)
    folder = relative_path(service.folder)
    print_commands(
        {
            f"python -m extraction move {work.module} --back --to {folder}": "home again, at any time",
            f"python -m extraction move {work.module} --finish{_folder(work)}": "for good, if nothing is wrong",
        }
    )


def _back(work: Move, ends: list[deployables.Deployable]) -> None:
    found = work.open_row()
    if found.owner.owner == work.home.name and not found.has_returned:
        raise Refused(f"{work.module} has not left: give the move up with --abort")
    if found.has_returned:
        work.follow(found, ends)
    else:
        found = work.cut_over(found, ends)
    OUT.print(f"{work.module} is at home again: {found.owner}", markup=False)
    OUT.print(f"  epoch     {found.epoch}; {found.other.owner} passes on what comes to it", markup=False)
    finish = f"python -m extraction move {work.module} --finish{_folder(work)}"
    print_commands({finish: f"let {found.other.owner} in no longer"})


def _folder(work: Move) -> str:
    return f" --to {relative_path(work.away.deployable.folder)}" if isinstance(work, MoveApart) else ""


def _finish(work: Move, ends: list[deployables.Deployable]) -> None:
    found = work.open_row()
    if not (found.has_left or found.has_returned):
        raise Refused(f"{work.module} has not moved yet: go on with --to, or give it up with --abort")
    _end(work, found)


def _abort(work: Move, ends: list[deployables.Deployable]) -> None:
    found = work.open_row()
    if found.has_left:
        raise Refused(f"{work.module} has moved to {found.owner}: bring it home with --back")
    if found.is_apart and not isinstance(work, MoveApart):
        if found.has_returned:
            raise Refused(
                f"{work.module} was at {found.other}, and what is there is emptied: name its folder with --to"
            )
        apart.give_up(work, found)
        OUT.print(f"{work.module} stays here; what was copied for {found.other} is left as it is", markup=False)
        return
    _end(work, found)


def _end(work: Move, found: Row) -> None:
    work.end(found)
    if found.owner.owner == work.home.name:
        OUT.print(f"{work.module} stays here; {found.other} is let in no longer: stop it", markup=False)
        return
    OUT.print(f"{work.module} is {found.owner.owner}'s for good", markup=False)
    setting = f"{work.module.upper()}_URL={found.owner.address}"
    print_commands(
        {setting: "for this deployable", f"python -m extraction finish {work.module} --service …": "its code"}
    )


def _status(work: Move, ends: list[deployables.Deployable]) -> None:
    found = work.row()
    if found is None or not found.owner.owner:
        OUT.print(f"{work.module} is placed by settings", markup=False)
        return
    OUT.print(f"{work.module} is owned by {found.owner}, epoch {found.epoch}", markup=False)
    if found.is_open:
        OUT.print(f"  step      {found.step.value}", markup=False)
        OUT.print(f"  other     {found.other}", markup=False)
    if found.is_apart:
        for end in [work.here, work.away] if isinstance(work, MoveApart) else [End(work.home, work.connection)]:
            kept = end.kept_bytes
            what = "has not kept what the other needs" if kept is None else f"keeps {megabytes(kept)} for the other"
            OUT.print(f"  stream    {end} {what}", markup=False)


def _show_plan(work: Move, planned: Row) -> None:
    roles = f"{planned.owner.role} writes now, {planned.other.role} afterwards"
    if isinstance(work, MoveApart):
        target = work.away.deployable.admin_database()
        how = {
            "database": f"{work.here} now, {target} afterwards: {roles}",
            "prepare": "it is made and migrated, gets a copy, and follows; the tables belong to a role of their own",
            "compare": "all rows, as they are at an instant: before the fence, and as they were at the fence",
            "fence": "writers that have begun end; what they wrote arrives there; later ones are carried on",
            "after": "it streams back: --back at any time, until --finish",
        }
    else:
        how = {
            "database": f"{work.database}, which stays where it is: {roles}",
            "prepare": f"{planned.other.role} may read; the tables belong to a role of their own",
            "fence": "one transaction: writers that have begun end, later ones are carried on to the new owner",
            "after": "--back at any time, until --finish",
        }
    for word, text in {"from": str(planned.owner), "to": str(planned.other), **how}.items():
        OUT.print(f"  {word:9} {text}", markup=False)
    OUT.print("nothing was changed")
