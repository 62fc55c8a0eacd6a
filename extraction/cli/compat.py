"""Whether the contracts are compatible with what they were."""

from pathlib import Path

import click

from extraction.cli.common import OUT, fail, refusing, root_option
from extraction.compat import comparison, lock, trees
from extraction.compat.description import Description
from extraction.processes import installation
from extraction.processes.errors import InvalidArgument
from extraction.ratchet.config import is_configured, read_config
from extraction.ratchet.states import read_manifests
from extraction.reading.manifest import Manifest
from extraction.reading.project import Project


@click.command(
    short_help="Whether older peers and these still understand each other.",
    epilog="Example: python -m extraction compat --against main",
)
@click.option("--against", metavar="REV", help="Compare with a git revision, not with contracts/lock/.")
@click.option("--update", is_flag=True, help="Lock the contracts as they are, unless that breaks somebody.")
@click.option("--release", metavar="NAME", help="Lock a draft as it is: from now on somebody runs it.")
@root_option
@refusing
def compat(root: Path, against: str | None, update: bool, release: str | None) -> None:
    """Whether peers built from older contracts, and these, still understand each other."""
    if sum(map(bool, (against, update, release))) > 1:
        raise click.UsageError("--against, --update and --release are for one at a time")
    installation.reach_libraries(root)
    locked = lock.read(root)
    now = lock.keep_drafts(trees.describe_folder(root), locked)
    if release:
        _release(root, release, now)
        return
    try:
        before = trees.describe_revision(root, against) if against else locked
    except InvalidArgument as unknown:
        raise click.BadParameter(f"{against}: {unknown}", param_hint="--against") from None
    found = comparison.compare(before, now, comparison.Audience.of(_manifests(root)))
    for change in found:
        click.echo(str(change))
    if breaking := sum(change.is_breaking for change in found):
        fail(f"{breaking} of these break peers that run already: undo them, or raise the version and keep the old one")
    if update:
        OUT.print("\n".join(f"wrote {path}" for path in lock.write(root, now)) or "the lock is up to date")
    elif not against and (stale := lock.stale(root, now)):
        fail(f"{', '.join(stale)}: not up to date; run python -m extraction compat --update")
    else:
        OUT.print(f"compatible with {against or 'the lock'}")
    if drafts := lock.find_drafts(now):
        OUT.print(f"drafts, which nobody runs yet: {', '.join(drafts)}; before a release: compat --release NAME")


def _manifests(root: Path) -> list[Manifest]:
    """Read who depends on the contracts: the modules here, by the map where the project has one."""
    if is_configured(root):
        return list(read_manifests(root, read_config(root)))
    return list(Project.at(root).manifests.values())


def _release(root: Path, name: str, now: Description) -> None:
    try:
        path = lock.release(root, name, now)
    except InvalidArgument as error:
        raise click.BadParameter(str(error), param_hint="--release") from None
    OUT.print(f"wrote {path}: {name} is a draft no longer, and held to what it promises")
