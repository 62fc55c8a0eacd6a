"""A module comes back."""

import shlex
from pathlib import Path

import click

from extraction import data, departure
from extraction.analysis import Finding
from extraction.cli.common import OUT, fail, relative_path, step, with_project
from extraction.cli.data import copied
from extraction.data.copying import counted
from extraction.departure import folding
from extraction.processes.errors import Refused
from extraction.reading.project import Project


@click.command(epilog="Example: python -m extraction fold ../parcels-service --data")
@click.argument(
    "service", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True)
)
@click.option(
    "--data", "with_data", is_flag=True, help="Copy its data back too, in place of what the monolith still has."
)
@click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@with_project
def fold(project: Project, service: Path, with_data: bool, dry_run: bool) -> None:
    """Bring the module of the service in DIR back into the monolith."""
    departure.refuse_unfinished(project.root)
    step(f"comparing {relative_path(service)} with the monolith")
    planned = folding.plan(project, departure.Service.at(service, project))
    if dry_run:
        for path in planned.removed:
            OUT.print(f"  remove {path}", markup=False)
        for file in planned.written:
            OUT.print(f"  write  {file.path}", markup=False)
        _summary(planned, "would be", [])
        return
    if with_data:
        step("looking whether its data can be copied")
        _refuse_unready(project, planned.module, service)
    step("bringing it back, and looking at what comes of it")
    unpinned = departure.fold(project, planned)
    _summary(planned, "is", unpinned)
    if with_data:
        _copy_data(Project.at(project.root), planned.module, service)
    _show_next(planned, service, with_data, unpinned)


def _refuse_unready(project: Project, module: str, service: Path) -> None:
    """Refuse what the copy would refuse of the service's database, before the code is brought back."""
    try:
        with data.open_database(str(service), module, project.root, step) as source:
            data.refuse_unready(source, module)
    except Refused as refused:
        fail(f"{refused}; or leave out --data. Nothing was changed")


def _copy_data(project: Project, module: str, service: Path) -> None:
    goes_on = f"{module} is at home, and its data is not; this goes on: {_copy_command(module, service)}"
    try:
        copied(project, module, str(service), str(project.root), replace=True)
    except Refused as refused:
        fail(f"{refused}. {goes_on}")
    except KeyboardInterrupt:
        fail(f"interrupted. {goes_on}", 130)


def _copy_command(module: str, service: Path) -> str:
    return f"python -m extraction data copy {module} --from {shlex.quote(relative_path(service))} --to . --replace"


def _summary(planned: departure.Return, becomes: str, unpinned: list[Finding]) -> None:
    OUT.print(f"{planned.module} {becomes} at home: {counted(len(planned.written), 'file')} written")
    for change in planned.changes:
        OUT.print(f"  contract  {change}", markup=False)
    for path in planned.changed:
        OUT.print(f"  changed   {path} is not as this repository ever had it", markup=False)
    if planned.runtime:
        there, here = planned.runtime
        OUT.print(f"  runtime   the service is on {there}, and here is {here}: run its tests", markup=False)
    for finding in unpinned:
        OUT.print(f"  pin       {finding}", markup=False)


def _show_next(planned: departure.Return, service: Path, with_data: bool, unpinned: list[Finding]) -> None:
    copy = _copy_command(planned.module, service)
    commands = {
        **({"make lock": "pins what it requires"} if unpinned else {}),
        **({} if with_data else {copy: "its data, with the service and the monolith stopped"}),
        f"make run  # without {planned.module.upper()}_URL": "",
        "make test": "",
    }
    OUT.print("\nNext:")
    for command, purpose in commands.items():
        OUT.print(f"  {command}{f'  # {purpose}' if purpose else ''}", markup=False)
