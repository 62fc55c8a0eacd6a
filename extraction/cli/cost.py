"""What leaving would cost."""

import json
from collections.abc import Iterable
from math import isfinite
from typing import Any

import click

from extraction import cost as costs
from extraction.analysis import preconditions
from extraction.cli.common import OUT, fail, require_module, show, with_project
from extraction.cost import Call, Cost, Estimate
from extraction.cost.traffic import LOOPBACK
from extraction.reading.project import Project

ASSUMPTIONS = (
    "Calls are made one after the other, each takes one round trip, and none is retried.",
    "Numbers are averages over all requests of a route, the refused ones too, since the processes started.",
    "Requests for {module}'s own addresses take a round trip more where the monolith passes them on.",
    "Calls between other modules stay as they are. Events are delivered later: nobody waits for them.",
)


@click.command(
    short_help="What would cross the network if MODULE left.",
    epilog="Example: python -m extraction cost parcels --traffic http://127.0.0.1:8000/metrics --round-trip 1.5",
)
@click.argument("module")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option(
    "--traffic",
    "places",
    multiple=True,
    metavar="URL|FILE",
    help="A running monolith's /metrics, or what it said. Again for each process.",
)
@click.option(
    "--round-trip",
    type=click.FloatRange(min=0, min_open=True),
    default=LOOPBACK,
    show_default=True,
    metavar="MS",
    help="Milliseconds for a call over the network. The default is one on the same machine.",
)
@with_project
def cost(project: Project, module: str, as_json: bool, places: tuple[str, ...], round_trip: float) -> None:
    """What would cross the network if MODULE left: calls and events, and with recorded traffic the time it takes."""
    require_module(project, module)
    if not isfinite(round_trip):
        raise click.BadParameter(f"{round_trip} is no number of milliseconds", param_hint="--round-trip")
    if unreadable := sorted(preconditions.check(project)):
        show(unreadable)
        fail("nothing can be said before that is corrected")
    found = costs.cost(project, module)
    estimates = costs.estimate(costs.recorded(places), module, round_trip) if places else None
    assumptions = [line.format(module=module) for line in ASSUMPTIONS]
    if as_json:
        click.echo(json.dumps(_as_json(module, found, estimates, round_trip, assumptions), indent=2))
        return
    _print_code(module, found)
    _print_calls("calls out", found.calls_out)
    _print_calls("calls in", found.calls_in)
    _print_events(found)
    if estimates is None:
        OUT.print(
            "\nWith --traffic URL of a running monolith's /metrics, also: calls for each request, and their time."
        )
    else:
        _print_estimates(module, estimates, round_trip, assumptions)


def _print_code(module: str, found: Cost) -> None:
    code = found.code
    OUT.print(
        f"{module}: {code.lines:,} lines in {code.files} files; tests: {code.test_lines:,} in {code.test_files}; "
        f"migrations: {code.migrations}"
    )


def _print_calls(title: str, calls: tuple[Call, ...]) -> None:
    OUT.print(f"\n{title}: operations: {len({call.operation for call in calls})}, places: {len(calls)}")
    _print_table(
        ("operation", "kind", "called within", "by"),
        ((c.operation, c.kind, ", ".join(c.within) or "-", f"{c.path}:{c.line}") for c in calls),
    )


def _print_events(found: Cost) -> None:
    OUT.print(f"\nevents out: {len(found.events_out)}")
    rows = ((e.event, ", ".join(e.heard_by) or "nobody", ", ".join(e.places) or "-") for e in found.events_out)
    _print_table(("event", "heard by", "published by"), rows)
    OUT.print(f"\nevents in: {len(found.events_in)}")
    _print_table(("event", "of", "handled by"), ((e.event, e.told_by, e.place) for e in found.events_in))


def _print_estimates(module: str, estimates: list[Estimate], round_trip: float, assumptions: list[str]) -> None:
    routes = [one for one in estimates if one.added_ms is not None]
    OUT.print(f"\nrequests that wait longer, at {round_trip:g} ms a call (an estimate)")
    rows: list[tuple[str, ...]] = []
    for one in routes:
        calls = one.total / one.requests
        rows.append((one.origin, f"{one.requests:,.0f}", f"{calls:.2f}", f"+{one.added_ms:.2f} ms"))
        rows += [(f"  {m.caller} → {m.operation}", "", f"{m.number / one.requests:.2f}", "") for m in one.calls]
    _print_table(("route", "requests", "calls each", "takes"), rows)
    OUT.print("\nother work")
    others = [one for one in estimates if one.added_ms is None]
    _print_table(
        ("of", "calls", ""),
        ((one.origin, f"{m.number:,.0f}", f"{m.caller} → {m.operation}") for one in others for m in one.calls),
    )
    OUT.print()
    for line in assumptions:
        OUT.print(f"- {line}", markup=False)


def _print_table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Columns as wide as what is in them: a place that is folded cannot be clicked on."""
    lines = [columns, *rows]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    for line in lines if len(lines) > 1 else [("  none",)]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False)).rstrip())


def _as_json(
    module: str, found: Cost, estimates: list[Estimate] | None, round_trip: float, assumptions: list[str]
) -> dict[str, Any]:
    said: dict[str, Any] = {"module": module, "code": found.code._asdict()}
    for part in ("calls_out", "calls_in", "events_out", "events_in"):
        said[part] = [item._asdict() for item in getattr(found, part)]
    if estimates is None:
        return said | {"traffic": None}
    made = [one._asdict() | {"calls": [call._asdict() for call in one.calls]} for one in estimates]
    return said | {"traffic": {"round_trip_ms": round_trip, "assumptions": assumptions, "origins": made}}
