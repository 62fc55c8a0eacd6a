"""The next stage of an app in somebody's Django project."""

from pathlib import Path

import click

from extraction.adopting.adopt import Done, check
from extraction.adopting.adopt import adopt as adopt_app
from extraction.adopting.changes import Obstructed, refuse_dirty
from extraction.cli.common import ERR, OUT, fail, print_commands, root_option
from extraction.cli.survey import Progress
from extraction.processes.errors import InvalidArgument, Refused
from extraction.processes.os_errors import describe_os_error
from extraction.ratchet.config import Misconfigured
from extraction.survey import NoDjangoProject


@click.command(epilog="Example: python -m extraction adopt billing --root ~/clinic --dry-run")
@click.argument("app")
@click.option("--dry-run", is_flag=True, help="Print the change as a diff, and write nothing.")
@click.option("--force", is_flag=True, help="Write beside changes that are not committed.")
@click.option(
    "--python",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The project's own Python, for what its models have to say.",
    show_default=".venv/bin/python in the project",
)
@root_option
def adopt(root: Path, app: str, dry_run: bool, force: bool, python: Path | None) -> None:
    """Take APP, by its label, to the next stage: mapped, declared, own data.

    It writes one change to review in git: all of it or nothing. What it leaves to you is listed with path and line.
    Exit 1: something stands in the way, and nothing was written.
    """
    try:
        if not (force or dry_run):
            refuse_dirty(root)
        done = adopt_app(root, app, str(python) if python else None, Progress())
        if dry_run:
            click.echo(done.changes.diff(), nl=False)
        else:
            done.changes.write()
    except InvalidArgument as error:
        raise click.UsageError(str(error)) from None
    except Obstructed as error:
        for remark in error.remarks:
            click.echo(str(remark))
        fail(str(error))
    except (Refused, NoDjangoProject) as error:
        fail(str(error))
    except OSError as error:
        fail(describe_os_error(error))
    except KeyboardInterrupt:
        fail("interrupted; nothing was written", 130)
    _tell(done, dry_run)
    if not dry_run:
        _check(root)
        print_commands(done.next)


def _tell(done: Done, dry_run: bool) -> None:
    to = ERR if dry_run else OUT
    for remark in sorted(set(done.changes.remarks)):
        to.print(str(remark), markup=False)
    verb = "would be" if dry_run else "is"
    to.print(f"{done.app} {verb} {done.stage}", markup=False)
    for note in done.changes.notes:
        to.print(f"  {note}", markup=False)
    if done.changes.remarks:
        to.print(f"  {len(set(done.changes.remarks))} left to you, listed above", markup=False)


def _check(root: Path) -> None:
    """Say how the project stands to its baseline now; what was mended is taken off it."""
    try:
        mended, new = check(root)
    except (Misconfigured, NoDjangoProject) as error:
        fail(str(error))
    for found in new:
        line = f"{found.path}:{found.line}: [{found.kind}] {found.source} -> {found.target}: {found.text}"
        OUT.print(f"{line} - new", markup=False)
    OUT.print(f"  check: {mended} mended and off the baseline, {len(new)} new", markup=False)
