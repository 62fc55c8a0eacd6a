"""Every module: where it lives, and whether it can leave."""

import os

import click
from rich.table import Table

from extraction import analysis
from extraction.cli.common import OUT, number_of_findings, owners, with_project
from extraction.reading.project import Project


@click.command("list", epilog="Example: python -m extraction list")
@with_project
def list_modules(project: Project) -> None:
    """Every module, where it lives, and whether it can leave."""
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
