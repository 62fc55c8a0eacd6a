"""A module becomes a service."""

from pathlib import Path
from typing import Any

import click

from extraction import analysis
from extraction.cli.common import (
    OUT,
    fail,
    number_of_findings,
    require_module,
    root_option,
    server_option,
    show,
    step,
    with_project,
)
from extraction.cli.writing import show_dry, show_next, write
from extraction.compat import lock
from extraction.processes import boot
from extraction.ratchet.config import is_configured
from extraction.reading.project import Project
from extraction.writing import plan, writer


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
