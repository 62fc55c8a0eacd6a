"""Any Django project: its couplings, who could leave, and at what price."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import click

from extraction.cli.common import ERR, OUT, fail
from extraction.survey import NoDjangoProject, Survey
from extraction.survey import survey as survey_project
from extraction.survey.kinds import KINDS
from extraction.survey.outputs.as_html import as_html
from extraction.survey.outputs.as_json import as_json
from extraction.survey.outputs.as_sarif import as_sarif
from extraction.survey.outputs.terminal import print_couplings, print_survey

_QUIET_SECONDS = 2


@click.command(epilog="Example: python -m extraction survey ~/project --html survey.html")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True))
@click.option("--app", metavar="LABEL", help="List every coupling of this app, with path and line.")
@click.option("--kind", type=click.Choice(list(KINDS)), help="List every coupling of this kind, with path and line.")
@click.option("--json", "wants_json", is_flag=True, help="Everything, for programs.")
@click.option("--sarif", "wants_sarif", is_flag=True, help="SARIF 2.1.0, for code scanning.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write one page to look at: a matrix, a graph and a list; it needs no network.",
)
def survey(
    directory: Path, app: str | None, kind: str | None, wants_json: bool, wants_sarif: bool, html: Path | None
) -> None:
    """Any Django project, read and not run: its couplings, who could leave, at what price."""
    if sum((wants_json, wants_sarif, bool(app or kind))) > 1:
        raise click.UsageError("--json and --sarif have everything already: give one of them, or --app and --kind")
    try:
        found = survey_project(directory, Progress())
        if app and app not in found.findings.apps:
            raise click.BadParameter(f"there is no app {app!r}; there are: {', '.join(found.findings.apps)}")
        if html:
            _write(html, as_html(found))
        _print(found, app, kind, wants_json, wants_sarif)
    except NoDjangoProject as error:
        fail(str(error))
    except BrokenPipeError:
        # Whoever read it has seen enough: `… | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
    except KeyboardInterrupt:
        fail("interrupted", 130)


def _print(found: Survey, app: str | None, kind: str | None, wants_json: bool, wants_sarif: bool) -> None:
    if wants_json or wants_sarif:
        click.echo(json.dumps(as_json(found) if wants_json else as_sarif(found), indent=2))
    elif app or kind:
        chosen = (
            c for c in found.findings.couplings if (not app or app in (c.source, c.target)) and kind in (None, c.kind)
        )
        print_couplings(chosen, OUT)
    else:
        print_survey(found, OUT)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}")
    ERR.print(f"wrote {path}", markup=False)


class Progress:
    """Says on the error stream how far the reading is, once it takes more than a moment."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _QUIET_SECONDS

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next += _QUIET_SECONDS
            ERR.print(f"read {done:,} of {total:,} files …", markup=False)
