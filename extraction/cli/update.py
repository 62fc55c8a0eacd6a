"""What an older version wrote is brought up to date."""

import shlex
import sys
from pathlib import Path

import click

from extraction.cli.common import OUT, print_commands, refusing, relative_path, step
from extraction.updating import journal
from extraction.updating import update as updating


@click.command(
    "update",
    short_help="Bring what an older version wrote in DIR to what this one writes.",
    epilog="Example: extraction update ../parcels-service --dry-run",
)
@click.argument(
    "folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True)
)
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing.")
@click.option("--force", is_flag=True, help="Go on where git could not bring back what is there.")
@refusing
def update(folder: Path, dry_run: bool, force: bool) -> None:
    """Bring what an older version of this tool wrote in DIR, a service or a system, to what this version writes.

    What was changed there stays: git merges both, and marks conflicts. Files that were removed there stay removed, a
    service's module and contracts are left alone. Exit status 1 says that conflicts are left.
    """
    with journal.at_work(folder):
        if (told := _finish(folder, dry_run)) is not None:
            OUT.print(told, markup=False)
            return
        if not force and not dry_run:
            updating.refuse_uncommitted(folder)
        step("working out what differs")
        planned = updating.plan(folder)
        name = relative_path(folder)
        if not planned.is_needed:
            OUT.print(f"{name} is what {planned.after} writes already", markup=False)
            return
        verb = "would go" if dry_run else "goes"
        OUT.print(f"{name} {verb} from {planned.before} to {planned.after}", markup=False)
        if dry_run:
            _show(planned)
            return
        updating.carry_out(planned)
    OUT.print(planned.summary(), markup=False)
    there = f"cd {shlex.quote(name)} && "
    print_commands(
        {
            f"{there}git diff": "see what changed",
            f"{there}make test": "its own checks and tests",
            f"{there}git add --all && git commit": "keep it",
        }
    )
    sys.exit(1 if planned.merged.conflicts else 0)


def _finish(folder: Path, dry_run: bool) -> str | None:
    """Finish an update that was cut off; say what came of it."""
    if not (folder / journal.JOURNAL).exists():
        return None
    if dry_run:
        return "an update was cut off here; without --dry-run it is finished first"
    told = journal.recover(folder)
    return None if told is None else f"finished an update that was cut off\n{told}"


def _show(planned: updating.Update) -> None:
    marks = dict.fromkeys(planned.merged.conflicts, "conflict")
    for path in sorted(planned.merged.path_set()):
        verb = "remove" if path in planned.merged.removed else "write"
        OUT.print(f"  {marks.get(path, verb):9} {path}", markup=False)
    OUT.print(planned.summary(), markup=False)
