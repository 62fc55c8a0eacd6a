"""A module moves while it runs."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import click

from extraction.cli.common import OUT, print_commands, relative_path, require_module, step, with_project
from extraction.moving import deployables
from extraction.moving.moving import Move, moving
from extraction.moving.row import Row, Step
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

    It needs the service's folder once; --back, --finish and --abort take it where files go along.
    """
    chosen = [name for name in ACTIONS if wanted[name]]
    if len(chosen) > 1 or (dry_run and chosen):
        raise click.UsageError("one of --to, --status, --back, --finish, --abort")
    if not chosen and to is None:
        raise click.UsageError("say where it moves --to, or one of --status, --back, --finish, --abort")
    require_module(project, module)
    with ExitStack() as stack:
        home = stack.enter_context(deployables.at(project.root, project.root, module))
        service = stack.enter_context(deployables.at(to, project.root, module)) if to else None
        work = stack.enter_context(moving(home, step))
        if chosen:
            ends = [service, home] if service else [home]
            {"status": _status, "back": _back, "finish": _finish, "abort": _abort}[chosen[0]](work, ends)
        elif service and dry_run:
            _show_plan(work, work.make_plan(service, at, work.row()))
        elif service:
            _move(work, service, at)


def _move(work: Move, service: deployables.Deployable, at: str | None) -> None:
    found, ends = work.row(), [work.home, service]
    if found and found.step is Step.MOVED and found.owner.owner == service.name:
        work.follow(found, ends)  # it was cut off after the fence
    else:
        found = work.cut_over(work.prepare(service, at), ends)
    OUT.print(f"{work.module} has moved to {found.owner}", markup=False)
    OUT.print(f"  epoch     {found.epoch}; {found.other.owner} passes on what comes to it", markup=False)
    folder = relative_path(service.folder)
    print_commands(
        {
            f"python -m extraction move {work.module} --back --to {folder}": "home again, at any time",
            f"python -m extraction move {work.module} --finish": "for good, where nothing speaks against it",
        }
    )


def _back(work: Move, ends: list[deployables.Deployable]) -> None:
    found = work.open_row()
    if found.owner.owner == work.home.name and found.step is not Step.RETURNED:
        raise Refused(f"{work.module} has not left: give the move up with --abort")
    if found.step is Step.RETURNED:
        work.follow(found, ends)
    else:
        found = work.cut_over(found, ends)
    OUT.print(f"{work.module} is at home again: {found.owner}", markup=False)
    OUT.print(f"  epoch     {found.epoch}; {found.other.owner} passes on what comes to it", markup=False)
    print_commands({f"python -m extraction move {work.module} --finish": f"let {found.other.owner} in no longer"})


def _finish(work: Move, ends: list[deployables.Deployable]) -> None:
    found = work.open_row()
    if found.step in (Step.PREPARING, Step.PREPARED):
        raise Refused(f"{work.module} has not moved yet: go on with --to, or give it up with --abort")
    _end(work, found)


def _abort(work: Move, ends: list[deployables.Deployable]) -> None:
    found = work.open_row()
    if found.step is Step.MOVED:
        raise Refused(f"{work.module} has moved to {found.owner}: bring it home with --back")
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


def _show_plan(work: Move, planned: Row) -> None:
    roles = f"{planned.owner.role} writes now, {planned.other.role} afterwards"
    for word, text in {
        "from": str(planned.owner),
        "to": str(planned.other),
        "database": f"{work.database}, which stays where it is: {roles}",
        "prepare": f"{planned.other.role} may read; the tables belong to a role of their own",
        "fence": "one transaction: writers that have begun end, later ones are carried on to the new owner",
        "after": "--back at any time, until --finish",
    }.items():
        OUT.print(f"  {word:9} {text}", markup=False)
    OUT.print("nothing was changed")
