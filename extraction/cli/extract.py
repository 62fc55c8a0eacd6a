"""A module becomes a service."""

import shlex
from functools import partial
from pathlib import Path

import click

from extraction import analysis, boot, plan, verification, writer
from extraction.cli.common import OUT, fail, known, number_of_findings, server_option, show, shown, step, with_project
from extraction.project import Project


@click.command(
    short_help="Write MODULE as a service of its own, and verify it.",
    epilog="Example: python -m extraction extract parcels --into ../parcels-service",
)
@click.argument("module")
@click.option(
    "--into", type=click.Path(path_type=Path, resolve_path=True), required=True, help="An empty or new folder."
)
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
@click.option("--no-verify", is_flag=True, help="Do not start the service; check only what can be read of it.")
@server_option
@with_project
def extract(project: Project, module: str, into: Path, dry_run: bool, no_verify: bool, server: str | None) -> None:
    """Write MODULE as a service of its own, verify it, and say what to do next."""
    known(project, module)
    step(f"checking {module}")
    if found := analysis.check(project, [module]):
        show(found)
        fail(f"{module} cannot leave yet: put right the {number_of_findings(len(found))} above. Nothing was written")
    writer.refuse_unless_free(into, project.root)
    planned = plan.plan(project, module)
    if dry_run:
        OUT.print("\n".join(f"  {path}" for path in planned.paths), markup=False)
        _show_plan(planned, into, "would become")
        return
    _show_plan(planned, into, "becomes")
    server = server or boot.configured(project.root)
    untried = "--no-verify" if no_verify else boot.hindrance(server)
    step("writing and verifying it")
    verify = partial(_verify, planned, boots=not untried, server=server)
    unkept = writer.write(planned, into, project.root, verify)
    verified = f"what can be read of it; it was not started: {untried}" if untried else "it starts, and answers"
    OUT.print(f"{planned.service} is in {shown(into)}", markup=False)
    OUT.print(f"  verified      {verified}", markup=False)
    OUT.print(f"  history       {f'none: {unkept}' if unkept else 'one commit on main'}", markup=False)
    _show_next(planned, into)


def _verify(planned: plan.Plan, folder: Path, *, boots: bool, server: str | None) -> None:
    for problem, command in verification.CHECKS.items():
        # What could describe its API has been loaded, and passed Django's checks.
        if command[0] != "manage.py" or not planned.has_api:
            verification.run(folder, problem, *command)
    if boots:
        boot.boot(folder, step, server)


def _show_plan(planned: plan.Plan, into: Path, becomes: str) -> None:
    size = sum(len(file.content) for file in planned.files) // 1024
    OUT.print(
        f"{planned.module} {becomes} {planned.service} in {shown(into)}: {len(planned.paths)} files, {size} kB",
        markup=False,
    )
    OUT.print(f"  contracts     {', '.join(planned.contracts)}", markup=False)
    OUT.print(f"  requirements  {', '.join(planned.requirements)}", markup=False)


def _show_next(planned: plan.Plan, into: Path) -> None:
    """The three commands that come next."""
    there = f"cd {shlex.quote(shown(into))} && "
    commands = {
        f"{there}make run": f"the service, at http://127.0.0.1:{planned.port}",
        f"{planned.url_setting}=http://127.0.0.1:{planned.port} make run": "the monolith, here, using it",
        f"{there}make test": "the service's own checks and tests",
    }
    width = max(map(len, commands))
    OUT.print("\nNext:")
    for command, purpose in commands.items():
        OUT.print(f"  {command:{width}}  # {purpose}", markup=False)
