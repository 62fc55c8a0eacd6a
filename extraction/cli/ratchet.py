"""`check` in a project of any layout that has a map of modules: nothing new, and what is mended is taken off."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from extraction.cli.common import ERR, OUT, fail, relative_path
from extraction.cli.survey import Progress
from extraction.ratchet.baseline import Baseline
from extraction.ratchet.comparison import Verdict, judge
from extraction.ratchet.config import Config, Misconfigured, read_config
from extraction.ratchet.modules import couplings_of_modules
from extraction.ratchet.states import ModuleState, read_states, unlawful
from extraction.reading.stages import Stage
from extraction.survey import NoDjangoProject
from extraction.survey.kinds import KINDS
from extraction.survey.model import Coupling, Findings
from extraction.survey.outputs.as_sarif import sarif
from extraction.survey.outputs.terminal import printable


def check_ratchet(root: Path, module: str | None, output: str, *, start: bool, shrink: bool) -> None:
    """Check a project against its baseline, or write the baseline; `output` is `text`, `json` or `sarif`."""
    try:
        config = read_config(root)
        if module and module not in config.modules:
            raise click.BadParameter(f"there is no module {module!r}; there are: {', '.join(config.modules)}")
        couplings, findings = couplings_of_modules(root, config, Progress())
        if start:
            _start(config, couplings)
            return
        verdict = judge(couplings, Baseline.read(config.baseline))
        verdict.unlawful.extend(unlawful(couplings, read_states(root, config)))
    except Misconfigured as error:
        raise click.UsageError(str(error)) from None
    except NoDjangoProject as error:
        fail(str(error))
    if shrink:
        _shrink(config, verdict)
    _tell(_of_module(verdict, module), config, findings, output, shrink)


def list_states(root: Path) -> None:
    """Print how far each module of the map has come, and what the next stage takes."""
    try:
        config = read_config(root)
        states = read_states(root, config)
        couplings, _ = couplings_of_modules(root, config, Progress())
    except Misconfigured as error:
        raise click.UsageError(str(error)) from None
    except NoDjangoProject as error:
        fail(str(error))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("module", "stage", "data", "couplings", "next"):
        table.add_column(column, overflow="fold")
    for state in states.values():
        number = sum(state.module in (found.source, found.target) for found in couplings)
        data = f"{state.data}, {state.guards}s" if state.stage is Stage.DECLARED else state.data or "-"
        table.add_row(state.module, state.stage.value, data, f"{number:,}", _next(state))
    OUT.print(table)


def _next(state: ModuleState) -> str:
    if state.stage is Stage.DECLARED and state.guards == "warn":
        return "refuse in transactions"
    return {
        Stage.MAPPED: "declare it",
        Stage.DECLARED: "data of its own",
        Stage.OWN_DATA: "extract",
        Stage.SERVICE: "-",
    }[state.stage]


def _start(config: Config, couplings: list[Coupling]) -> None:
    if config.baseline.exists():
        raise click.UsageError(f"{config.baseline} is there already; it may only shrink: --shrink")
    Baseline.of(couplings).write(config.baseline)
    ERR.print(
        f"wrote {relative_path(config.baseline)}: {len(couplings):,} couplings that may only become fewer", markup=False
    )


def _shrink(config: Config, verdict: Verdict) -> None:
    verdict.remaining.write(config.baseline)
    ERR.print(
        f"wrote {relative_path(config.baseline)}: {sum(verdict.mended.values()):,} mended are taken off", markup=False
    )
    verdict.mended.clear()


def _of_module(verdict: Verdict, module: str | None) -> Verdict:
    if module is None:
        return verdict
    new = [found for found in verdict.new if module in (found.source, found.target)]
    mended = {entry: n for entry, n in verdict.mended.items() if module in (entry.source, entry.target)}
    against = [found for found in verdict.unlawful if module in (found.source, found.target)]
    return Verdict(new, type(verdict.mended)(mended), verdict.remaining, against)


def _tell(verdict: Verdict, config: Config, findings: Findings, output: str, shrink: bool) -> None:
    if output == "sarif":
        click.echo(json.dumps(sarif(verdict.new + verdict.unlawful, findings.unreadable, "error"), indent=2))
    elif output == "json":
        click.echo(json.dumps(_as_json(verdict, config), indent=2))
    else:
        _print(verdict, config)
    sys.exit(0 if verdict.holds else 1)


def _as_json(verdict: Verdict, config: Config) -> dict[str, object]:
    return {
        "modules": {name: list(packages) for name, packages in config.modules.items()},
        "new": [asdict(found) | {"fix": KINDS[found.kind].remedy} for found in verdict.new],
        "unlawful": [asdict(found) | {"fix": KINDS[found.kind].remedy} for found in verdict.unlawful],
        "mended": [entry._asdict() | {"count": count} for entry, count in sorted(verdict.mended.items())],
        "allowed": sum(verdict.remaining.allowed.values()),
    }


def _print(verdict: Verdict, config: Config) -> None:
    for found in verdict.new:
        line = f"{found.path}:{found.line}: [{found.kind}] {found.source} -> {found.target}: {found.text}"
        OUT.print(printable(f"{line} - {KINDS[found.kind].remedy}"), markup=False)
    for found in verdict.unlawful:
        line = f"{found.path}:{found.line}: [{found.kind}] {found.source} -> {found.target}: {found.text}"
        why = "not between modules of which one has data of its own, whatever the baseline allows"
        OUT.print(printable(f"{line} - {why}: {KINDS[found.kind].remedy}"), markup=False)
    for entry, count in sorted(verdict.mended.items()):
        times = f" ({count} times)" if count > 1 else ""
        line = f"{entry.path}: [mended] {entry.source} -> {entry.target}: {entry.text}{times}"
        OUT.print(printable(f"{line} - take it off the baseline: check --shrink"), markup=False)
    if verdict.holds:
        allowed = sum(verdict.remaining.allowed.values())
        OUT.print(f"nothing new between {len(config.modules)} modules; {allowed:,} couplings are still allowed")
    elif not config.baseline.exists():
        ERR.print(f"there is no {config.baseline.name} yet: check --start allows what is there", markup=False)
