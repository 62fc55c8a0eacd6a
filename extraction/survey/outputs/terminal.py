"""A survey for a terminal."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich import markup
from rich.console import Console
from rich.table import Table

from extraction.survey.kinds import KINDS
from extraction.survey.model import Coupling
from extraction.survey.price import Cost
from extraction.survey.report import Survey

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_FIRST = 10
_MAX_UNREADABLE = 10
_MAX_CLUSTER = 12


def print_survey(survey: Survey, out: Console) -> None:
    """Say what a project is tied together by, in a page or two."""
    found = survey.findings
    name, by = escape(Path(found.root).name), escape(", ".join(found.settings)) or "no settings"
    out.print(
        f"[bold]{name}[/bold]: {len(found.apps)} apps in {found.files:,} files and {found.lines:,} lines ({by}), "
        f"{len(found.couplings):,} couplings between them"
    )
    if found.couplings:
        out.print()
        out.print(_kinds(found.couplings))
    for section in (_cycles, _clusters, _order, _staying, _remarks):
        for line in section(survey):
            out.print(line)


def print_couplings(couplings: Iterable[Coupling], out: Console) -> None:
    """One line for each coupling, as compilers do."""
    for found in couplings:
        text = f"{found.path}:{found.line}: [{found.kind}] {found.source} -> {found.target}: {found.text}"
        out.print(printable(text), markup=False)


def _table(*columns: str, right: Iterable[int] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for at, column in enumerate(columns):
        table.add_column(column, justify="right" if at in right else "left", overflow="fold")
    return table


def _kinds(couplings: list[Coupling]) -> Table:
    table = _table("coupling", "places", "pairs of apps", "kind", right=(1, 2))
    for kind in KINDS.values():
        of_kind = [found for found in couplings if found.kind == kind.name]
        if of_kind:
            pairs = {(found.source, found.target) for found in of_kind}
            table.add_row(kind.title, f"{len(of_kind):,}", f"{len(pairs):,}", f"[dim]{kind.name}[/dim]")
    return table


def _cycles(survey: Survey) -> Iterator[str]:
    for cycle in survey.cycles:
        yield f"\n[bold]{len(cycle.apps)} apps import each other in a circle[/bold]: {escape(', '.join(cycle.apps))}"
        edges = (f"{a} -> {b} ({number})" for a, b, number in cycle.thinnest)
        yield f"  thinnest: {escape(', '.join(edges))}"


def _clusters(survey: Survey) -> Iterator[str]:
    if survey.clusters:
        yield "\n[bold]what belongs together[/bold]"
        for group in survey.clusters:
            more = f" and {len(group) - _MAX_CLUSTER} more" if len(group) > _MAX_CLUSTER else ""
            yield f"  {escape(', '.join(group[:_MAX_CLUSTER]))}{more}"


def _order(survey: Survey) -> Iterator[Table | str]:
    if survey.steps:
        yield "\n[bold]who could leave first[/bold], in the order of price, with those above gone already"
        table = _table("", "app", "price", "alone", "lines", "what it takes", "", right=(0, 2, 3, 4))
        for rank, step in enumerate(survey.steps[:_FIRST], 1):
            numbers = (step.price, step.alone, survey.findings.apps[step.app].lines)
            shown = [f"{number:,.0f}" for number in numbers]
            table.add_row(f"{rank}", escape(step.app), *shown, taking(step.costs), escape(step.remark))
        yield table
        if len(survey.steps) > _FIRST:
            later = ", ".join(step.app for step in survey.steps[_FIRST:])
            yield f"  then {escape(later)}"
    else:
        yield "\n[bold]nobody could leave[/bold] as things are"


def _staying(survey: Survey) -> Iterator[str]:
    if survey.staying:
        yield "\n[bold]not worth it[/bold]"
    reasons: dict[str, list[str]] = {}
    for each in survey.staying:
        reasons.setdefault(each.reason, []).append(each.app)
    for reason, apps in reasons.items():
        yield f"  {escape(', '.join(apps))}: {escape(reason)}"


def _remarks(survey: Survey) -> Iterator[str]:
    found = survey.findings
    notes = [*found.notes]
    notes += ["every place with its path and line: --app LABEL, --kind KIND, --html FILE, --json, --sarif"]
    if found.outside:
        notes.insert(0, f"{len(found.outside):,} more, with code that is in no app, stand in --json")
    yield ""
    for note in notes:
        yield f"[dim]note:[/dim] {escape(note)}"
    for each in found.unreadable[:_MAX_UNREADABLE]:
        yield f"[dim]not read:[/dim] {escape(f'{each.path}:{each.line}: {each.reason}')}"
    if len(found.unreadable) > _MAX_UNREADABLE:
        yield f"[dim]not read:[/dim] and {len(found.unreadable) - _MAX_UNREADABLE:,} more files (see --json)"


def printable(text: str) -> str:
    """Blank out what would steer the terminal: names are the surveyed project's, and may be anything."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def escape(text: str) -> str:
    """Have a text printed as it is."""
    return markup.escape(printable(text))


def taking(costs: Iterable[Cost]) -> str:
    """The three dearest kinds of a price."""
    return ", ".join(f"{KINDS[cost.kind].title} {cost.places:,}" for cost in list(costs)[:3])
