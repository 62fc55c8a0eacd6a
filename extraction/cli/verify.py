"""Does a service still do what its callers rely on?"""

import json
import sys
from pathlib import Path

import click
import msgspec

from extraction.cli.common import ERR, OUT, fail, relative_path, server_option, step, with_project
from extraction.conformance import environment
from extraction.conformance.report import Discrepancy, Report
from extraction.processes import boot, runner
from extraction.processes.errors import InvalidArgument
from extraction.reading.project import Project


@click.command(
    short_help="Hold the service in DIR to its contract.",
    epilog="Example: python -m extraction verify ../parcels-service",
)
@click.argument(
    "folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True)
)
@click.option("--no-tests", is_flag=True, help="Leave out the service's own tests.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@server_option
@with_project
def verify(project: Project, folder: Path, no_tests: bool, as_json: bool, server: str | None) -> None:
    """Hold the service in DIR to its contract: it is booted, tested, and compared with the module that it was."""
    service, module = _service(project, folder)
    server = server or boot.find_configured_url(project.root)
    if reason := boot.unavailable_reason(server):
        fail(f"{relative_path(folder)} cannot be started: {reason}")
    with environment.set_up(project, service, module, step, server) as there:
        report = there.examine(step)
        failed, untested = None, None if no_tests else runner.untestable_reason(folder)
        if not (no_tests or untested):
            step("running the service's own tests")
            failed = there.test()
    if as_json:
        ran = "left out" if no_tests else "not run" if untested else "failed" if failed else "passed"
        click.echo(json.dumps({"module": module, "tests": ran, **msgspec.to_builtins(report)}, indent=2))
    else:
        _show(report, service.root.name, module)
        if not no_tests:
            how = "could not be run" if untested else "fail" if failed else "pass"
            OUT.print(f"\nIts own tests {how}.", markup=False)
    if said := untested or failed:
        ERR.print(said, markup=False)
    sys.exit(1 if said or report.problems else 0)


def _service(project: Project, folder: Path) -> tuple[Project, str]:
    """The service in a folder, and which module of the monolith it was."""
    try:
        service = Project.at(folder)
    except InvalidArgument:
        raise click.BadParameter(
            f"{relative_path(folder)} is no service that was written by extract", param_hint="DIR"
        ) from None
    if folder == project.root:
        raise click.BadParameter(f"{relative_path(folder)} is the monolith itself", param_hint="DIR")
    if left := sorted(project.departed.intersection(service.modules)):
        remedy = "name a checkout from before that with --root"
        raise click.UsageError(
            f"{left[0]} has left this monolith for good, so there is nothing to compare with: {remedy}"
        )
    shared = [module for module in service.modules if module in project.modules]
    if len(shared) != 1:
        has = ", ".join(service.modules) or "no module"
        raise click.BadParameter(f"{relative_path(folder)} has {has}, and not one of this monolith's", param_hint="DIR")
    return service, shared[0]


def _show(report: Report, service: str, module: str) -> None:
    rows: list[tuple[str, ...]] = [("operation", "asked", "answered", "distinct", "errors reached", "not reached")]
    for each in report.operations:
        unreached = (*(() if each.answered else ("an answer",)), *each.unreached)
        counts = str(each.asked), str(each.answered), str(each.distinct)
        rows.append(
            (each.operation, *counts, ", ".join(sorted(each.errors)) or "-", ", ".join(sorted(unreached)) or "-")
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(f"{cell:{'>' if at in (1, 2, 3) else '<'}{widths[at]}}" for at, cell in enumerate(row))
        OUT.print(line.rstrip(), markup=False)
    sections = {"Problems": report.problems, "Warnings": report.warnings, "Notes": report.notes}
    for title, findings in sections.items():
        for number, same in enumerate(_grouped(findings)):
            OUT.print("" if number else f"\n{title}:")
            _show_finding(same)
    is_or_not = "is not" if report.problems else "is"
    OUT.print(
        f"\n{service} {is_or_not} what {module} is in this monolith, by {report.requests} requests to each",
        markup=False,
    )


def _grouped(findings: list[Discrepancy]) -> list[list[Discrepancy]]:
    """Those of the same problem together."""
    found: dict[str, list[Discrepancy]] = {}
    for finding in findings:
        found.setdefault(finding.problem, []).append(finding)
    return list(found.values())


def _show_finding(same: list[Discrepancy]) -> None:
    """A problem, the operations that have it, and the requests that showed it of the first of them."""
    first = same[0]
    OUT.print(f"  {', '.join(finding.operation for finding in same)}: {first.problem}", markup=False)
    for name in ("asked", "module", "service"):
        if said := getattr(first, name):
            OUT.print(f"    {name:8} {said}", markup=False)
