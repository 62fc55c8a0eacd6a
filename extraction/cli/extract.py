"""A module becomes a service."""

import shlex
from functools import partial
from pathlib import Path
from typing import Any

import click

from extraction import analysis
from extraction.cli.common import (
    OUT,
    fail,
    number_of_findings,
    print_commands,
    relative_path,
    require_module,
    root_option,
    server_option,
    show,
    step,
    with_project,
)
from extraction.compat import lock
from extraction.processes import boot
from extraction.ratchet.config import is_configured
from extraction.reading.project import Project
from extraction.writing import plan, verification, writer


@click.command(
    short_help="Write MODULE as a service of its own, and verify it.",
    epilog="Example: python -m extraction extract parcels --into ../parcels-service",
)
@click.argument("module")
@click.option(
    "--into", type=click.Path(path_type=Path, resolve_path=True), required=True, help="An empty or new folder."
)
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
@click.option("--index", "from_index", is_flag=True, help="Leave our wheels out: an index that it uses has them.")
@click.option("--no-verify", is_flag=True, help="Do not start the service; check only what can be read of it.")
@click.option(
    "--python",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The project's own Python; with a map of modules.",
    show_default=".venv/bin/python in the project",
)
@server_option
@root_option
def extract(root: Path, module: str, into: Path, python: Path | None, **options: Any) -> None:
    """Write MODULE as a service of its own, verify it, and say what to do next.

    In a project with a map of modules in [tool.seamline] of its pyproject.toml: a module that has data of its own.
    """
    if is_configured(root):
        # It surveys, with libraries that the rest of the command does without.
        from extraction.cli.leaving import extract_from_project

        extract_from_project(root=root, module=module, into=into, python=python, **options)
    elif python:
        raise click.UsageError(f"{root} has no map of modules: [tool.seamline] in its pyproject.toml")
    else:
        _extract(root=root, module=module, into=into, **options)


@with_project
def _extract(
    project: Project, module: str, into: Path, dry_run: bool, from_index: bool, no_verify: bool, server: str | None
) -> None:
    require_module(project, module)
    writer.refuse_unless_free(into, project.root)
    step(f"checking {module}")
    if found := analysis.check(project, [module]):
        show(found)
        fail(f"{module} cannot leave yet: put right the {number_of_findings(len(found))} above. Nothing was written")
    planned = plan.plan(project, module, from_index=from_index)
    if dry_run:
        show_dry(planned, into)
        return
    write(planned, into, project.root, no_verify, server or boot.find_configured_url(project.root))
    if module in lock.find_drafts(lock.read(project.root)):
        release = f"python -m extraction compat --release {module}"
        OUT.print(f"  contract      a draft; once the service runs, it has to stay as it is: {release}", markup=False)
    show_next(planned, into, f"{planned.url_setting}=http://127.0.0.1:{planned.port} make run")


def show_dry(planned: plan.Plan, into: Path) -> None:
    """Print what would be written."""
    OUT.print("\n".join(f"  {path}" for path in planned.paths), markup=False)
    _show_plan(planned, into, "would become")


def write(planned: plan.Plan, into: Path, root: Path, no_verify: bool, server: str | None) -> None:
    """Write a service, verified, and say what it is. Raises `Refused`."""
    _show_plan(planned, into, "becomes")
    skip_reason = "--no-verify" if no_verify else boot.unavailable_reason(server)
    step("writing and verifying it")
    verify = partial(verification.verify, planned, step=step, boots=not skip_reason, server=server)
    no_history_reason = writer.write(planned, into, root, verify)
    verified = f"what can be read of it; it was not started: {skip_reason}" if skip_reason else "it starts, and answers"
    OUT.print(f"{planned.service} is in {relative_path(into)}", markup=False)
    OUT.print(f"  verified      {verified}", markup=False)
    OUT.print(
        f"  history       {f'none: {no_history_reason}' if no_history_reason else 'one commit on main'}", markup=False
    )
    if planned.from_index:
        named = " and ".join(wheel.requirement() for wheel in planned.wheels)
        OUT.print(f"  index         has to have {named}", markup=False)


def _show_plan(planned: plan.Plan, into: Path, becomes: str) -> None:
    size = sum(len(file.content) for file in planned.files) // 1024
    OUT.print(
        f"{planned.module} {becomes} {planned.service} in {relative_path(into)}: {len(planned.paths)} files, {size} kB",
        markup=False,
    )
    OUT.print(f"  contracts     {', '.join(planned.contracts)}", markup=False)
    OUT.print(f"  requirements  {', '.join(planned.requirements)}", markup=False)


def show_next(planned: plan.Plan, into: Path, monolith: str) -> None:
    """Print the three commands that come next, of which one starts the monolith."""
    there = f"cd {shlex.quote(relative_path(into))} && "
    commands = {
        f"{there}make run": f"the service, at http://127.0.0.1:{planned.port}",
        monolith: "the monolith, here, using it",
        f"{there}make test": "the service's own checks and tests",
    }
    print_commands(commands)
