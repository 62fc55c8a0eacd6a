"""A module leaves for good."""

from pathlib import Path

import click

from extraction import analysis, departure
from extraction.cli.common import OUT, fail, number_of_findings, print_commands, relative_path, show, step, with_project
from extraction.data.copying import counted
from extraction.departure import finishing
from extraction.reading.project import Project


@click.command(
    short_help="Remove MODULE's code, which its service has.",
    epilog="Example: python -m extraction finish parcels --service ../parcels-service",
)
@click.argument("module")
@click.option(
    "--service",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    required=True,
    help="The service's folder, which has to have the code that is removed here.",
)
@click.option("--force", is_flag=True, help="Remove also what the service does not have.")
@click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@with_project
def finish(project: Project, module: str, service: Path, force: bool, dry_run: bool) -> None:
    """Remove MODULE's code from the monolith, which has it as a service from now on."""
    departure.refuse_unfinished(project.root)
    if module not in project.folders:
        raise click.BadParameter(f"there is no module {module!r}; there are: {', '.join(project.modules)}")
    step(f"checking {module}")
    if found := analysis.check(project, [module] if module in project.modules else []):
        show(found)
        fail(f"{module} cannot leave yet: put right the {number_of_findings(len(found))} above. Nothing was changed")
    step(f"asking {relative_path(service)} what it answers")
    planned = finishing.plan(project, module, departure.Service.at(service, project))
    if planned.lost and not force:
        for path in planned.lost:
            click.echo(path)
        fail(
            f"{relative_path(service)} does not have the {counted(len(planned.lost), 'file')} above as here, "
            "and never had: take over what it lacks (extract again, or copy it), or lose it with --force. "
            "Nothing was changed"
        )
    if dry_run:
        _show_plan(planned)
        return
    step("removing it, and looking at what is left")
    departure.finish(project, planned)
    _summary(planned, "has left", len(planned.removed))


def _show_plan(planned: departure.Departure) -> None:
    for path in planned.removed:
        OUT.print(f"  remove {path}", markup=False)
    for file in planned.written:
        OUT.print(f"  write  {file.path}", markup=False)
    _summary(planned, "would leave", len(planned.removed))


def _summary(planned: departure.Departure, leaves: str, removed: int) -> None:
    OUT.print(f"{planned.module} {leaves}: {counted(removed, 'file')} removed, {len(planned.written)} written")
    for change in planned.changes:
        OUT.print(f"  contract  {change}", markup=False)
    if planned.keeps_files:
        OUT.print(
            "  files     what its rows name stays below MEDIA_ROOT here; data copy has taken it along", markup=False
        )
    if planned.naming:
        OUT.print(f"  look at   {', '.join(planned.naming)}: they name its code or its settings", markup=False)
    url = f"{planned.module.upper()}_URL"
    commands = {
        f"{url}={planned.url} make run": "the monolith, which cannot do without the setting in production",
        **({"make lock": "without what only this module required"} if planned.requires else {}),
        "make test": "tests that need the module are skipped, and say so",
        f"git add --all && git commit --message 'Let {planned.module} go'": "python -m extraction fold is the way back",
    }
    print_commands(commands)
