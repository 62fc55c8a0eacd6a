"""A module becomes a service."""

import shlex
from pathlib import Path

import click

from extraction import analysis, boot, plan, verification, writer
from extraction.cli.common import OUT, fail, known, number_of_findings, show, shown, step, with_project
from extraction.project import Project


@click.command(epilog="Example: python -m extraction extract orders --into ../orders-service")
@click.argument("module")
@click.option(
    "--into", type=click.Path(path_type=Path, resolve_path=True), required=True, help="An empty or new folder."
)
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
@click.option("--no-verify", is_flag=True, help="Do not start the service; check only what can be read of it.")
@with_project
def extract(project: Project, module: str, into: Path, dry_run: bool, no_verify: bool) -> None:
    """Write MODULE as a service of its own, verify it, and say what to do next."""
    known(project, module)
    step(f"checking {module}")
    if found := analysis.check(project, [module]):
        show(found)
        fail(f"{module} cannot leave yet: put right the {number_of_findings(len(found))} above. Nothing was written")
    writer.refuse_unless_free(into, project.root)
    planned = plan.plan(project, module)
    if dry_run:
        show_plan(planned, into)
        return
    step(f"writing and verifying {len(planned.files)} files")
    untried = "--no-verify" if no_verify else boot.hindrance()
    writer.write(planned, into, verification.verify if untried else _verify_and_boot)
    _summary(planned, into, "is now")
    verified = f"what can be read of it; it was not started: {untried}" if untried else "it starts, and answers"
    OUT.print(f"  verified      {verified}", markup=False)
    show_next(planned, into)


def show_plan(planned: plan.Plan, into: Path) -> None:
    """What would be written."""
    for file in planned.files:
        OUT.print(f"  {file.path}", markup=False)
    _summary(planned, into, "would become")


def show_next(planned: plan.Plan, into: Path) -> None:
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


def _summary(planned: plan.Plan, into: Path, becomes: str) -> None:
    size = sum(len(file.content) for file in planned.files)
    OUT.print(
        f"{planned.module} {becomes} {planned.service} in {shown(into)}: {len(planned.files)} files, {size // 1024} kB"
    )
    OUT.print(f"  contracts     {', '.join(planned.contracts)}", markup=False)
    OUT.print(f"  requirements  {', '.join(planned.requirements)}", markup=False)


def _verify_and_boot(folder: Path) -> None:
    verification.verify(folder)
    boot.boot(folder, step)
