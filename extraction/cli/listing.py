"""Every module: where it lives, and whether it can leave."""

import os
from pathlib import Path

import click
from rich.table import Table

from extraction import analysis
from extraction.cli.common import OUT, number_of_findings, owners, root_option, with_project
from extraction.ratchet.config import is_configured
from extraction.reading.project import Project


@click.command("list", epilog="Example: python -m extraction list")
@root_option
def list_modules(root: Path) -> None:
    """Every module, where it lives, and whether it can leave.

    In a project with a map of modules in [tool.seamline] of its pyproject.toml: how far each has come.
    """
    if is_configured(root):
        # It surveys, with libraries that the rest of the command does without.
        from extraction.cli.ratchet import list_states

        list_states(root)
    else:
        _list_project(root=root)


@with_project
def _list_project(project: Project) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("module", "lives", "can leave", "calls", "listens to"):
        table.add_column(column, overflow="fold")
    for module in project.folders:
        gone = module in project.departed
        found, accepted = ([], []) if gone else analysis.judge(project, [module])
        manifest = project.manifests.get(module)
        table.add_row(
            module,
            os.environ.get(f"{module.upper()}_URL") or ("elsewhere" if gone else "here"),
            "has left" if gone else _verdict(len(found), len(accepted)),
            owners(manifest.calls if manifest else ()),
            owners(manifest.subscribes if manifest else ()),
        )
    OUT.print(table)


def _verdict(found: int, accepted: int) -> str:
    if found:
        return f"no: {number_of_findings(found)}"
    return f"yes, {accepted} accepted" if accepted else "yes"
