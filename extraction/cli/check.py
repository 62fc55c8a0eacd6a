"""What stands in the way of leaving."""

import json
import sys

import click

from extraction import analysis
from extraction.cli.common import OUT, number_of_findings, require_module, show, with_project
from extraction.reading.project import Project


@click.command(epilog="Example: python -m extraction check parcels --json")
@click.argument("module", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@with_project
def check(project: Project, module: str | None, as_json: bool) -> None:
    """What stands in the way of MODULE's leaving, or of any module's."""
    modules = (require_module(project, module),) if module else project.modules
    found, accepted = analysis.judge(project, modules)
    if as_json:
        told = [finding.as_json() | {"reason": reason} for finding, reason in accepted]
        listed = {"modules": modules, "findings": [finding.as_json() for finding in found], "accepted": told}
        click.echo(json.dumps(listed, indent=2))
    else:
        show(found)
        for finding, reason in accepted:
            click.echo(f"{finding.path}:{finding.line}: [{finding.rule}] accepted: {finding.message} - {reason}")
        if not found:
            can = f"{module} can leave" if module else f"each of {len(modules)} modules can leave"
            but = f", but for {number_of_findings(len(accepted))} accepted" if accepted else ""
            OUT.print(f"{can}: nothing stands in the way{but}")
            if module:
                OUT.print(f"what it would cost: python -m extraction cost {module}")
    sys.exit(1 if found else 0)
