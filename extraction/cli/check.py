"""What stands in the way of leaving."""

import json
import sys
from pathlib import Path

import click

from extraction import analysis
from extraction.cli.common import OUT, number_of_findings, require_module, root_option, show, with_project
from extraction.ratchet.config import is_configured
from extraction.reading.project import Project


@click.command(epilog="Example: python -m extraction check parcels --json")
@click.argument("module", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--sarif", "as_sarif", is_flag=True, help="Print the findings as SARIF; with a map of modules.")
@click.option("--start", is_flag=True, help="Write the baseline: what is there is allowed; with a map of modules.")
@click.option("--shrink", is_flag=True, help="Take what is mended off the baseline; with a map of modules.")
@root_option
def check(root: Path, module: str | None, as_json: bool, as_sarif: bool, start: bool, shrink: bool) -> None:
    """What stands in the way of MODULE's leaving, or of any module's.

    In a project of another layout, with a map of modules in [tool.seamline] of its pyproject.toml: what is new since
    the baseline was written.
    """
    if is_configured(root):
        if as_json and as_sarif:
            raise click.UsageError("--json or --sarif: one of them")
        # It surveys, with libraries that the rest of the command does without.
        from extraction.cli.ratchet import check_ratchet

        check_ratchet(root, module, "sarif" if as_sarif else "json" if as_json else "text", start=start, shrink=shrink)
    elif as_sarif or start or shrink:
        raise click.UsageError(f"{root} has no map of modules: [tool.seamline] in its pyproject.toml")
    else:
        _check_project(root=root, module=module, as_json=as_json)


@with_project
def _check_project(project: Project, module: str | None, as_json: bool) -> None:
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
