"""Whether the contracts are compatible with what they were."""

import click

from extraction.cli.common import OUT, fail, with_project
from extraction.compat import comparison, lock, trees
from extraction.processes.errors import InvalidArgument
from extraction.reading.project import Project


@click.command(
    short_help="Whether older peers and these still understand each other.",
    epilog="Example: python -m extraction compat --against main",
)
@click.option("--against", metavar="REV", help="Compare with a git revision, not with contracts/lock/.")
@click.option("--update", is_flag=True, help="Lock the contracts as they are, unless that breaks somebody.")
@with_project
def compat(project: Project, against: str | None, update: bool) -> None:
    """Whether peers built from older contracts, and these, still understand each other."""
    if against and update:
        raise click.UsageError("--update compares with the lock; leave out --against")
    now = trees.describe_folder(project.root)
    try:
        before = trees.describe_revision(project.root, against) if against else lock.read(project.root)
    except InvalidArgument as unknown:
        raise click.BadParameter(f"{against}: {unknown}", param_hint="--against") from None
    found = comparison.compare(before, now, comparison.Audience.of(project.manifests.values()))
    for change in found:
        click.echo(str(change))
    if breaking := sum(change.rule.breaking for change in found):
        fail(f"{breaking} of these break peers that run already: undo them, or raise the version and keep the old one")
    if update:
        OUT.print("\n".join(f"wrote {path}" for path in lock.write(project.root, now)) or "the lock is up to date")
    elif not against and (stale := lock.stale(project.root, now)):
        fail(f"{', '.join(stale)}: not up to date; run python -m extraction compat --update")
    else:
        OUT.print(f"compatible with {against or 'the lock'}")
