"""The command line."""

import json
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from extraction import analysis, boot, data, interruption, plan, verification, writer
from extraction.analysis import Finding
from extraction.compat import comparison, lock, trees
from extraction.contract_files import owner
from extraction.project import NotAProject, Project

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: python -m extraction extract orders --into ../orders-service",
)
def main() -> None:
    """Promote a module to a service of its own."""
    interruption.prepare()


def with_project(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the project in `--root`, and say without a traceback what refused to work."""

    @click.option(
        "--root",
        type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
        default=lambda: _repository(Path.cwd()),
        show_default="the repository you are in",
        help="The monolith's repository.",
    )
    @wraps(command)
    def run(root: Path, **options: Any) -> None:
        try:
            command(Project.at(root), **options)
        except NotAProject as error:
            raise click.UsageError(str(error)) from None
        except (writer.Refused, verification.Unsound, trees.Unloadable, data.Refused, OSError) as error:
            fail(str(error))
        except KeyboardInterrupt:
            fail("interrupted; nothing was written", 130)

    return run


@main.command("list", epilog="Example: python -m extraction list")
@with_project
def list_modules(project: Project) -> None:
    """Every module, where it lives, and whether it can leave."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("module", "lives", "can leave", "calls", "listens to"):
        table.add_column(column, overflow="fold")
    for module in project.modules:
        found = analysis.check(project, [module])
        manifest = project.manifests.get(module)
        table.add_row(
            module,
            os.environ.get(f"{module.upper()}_URL") or "here",
            f"no: {_findings(len(found))}" if found else "yes",
            _owners(manifest.calls if manifest else ()),
            _owners(manifest.subscribes if manifest else ()),
        )
    OUT.print(table)


@main.command(epilog="Example: python -m extraction check orders --json")
@click.argument("module", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@with_project
def check(project: Project, module: str | None, as_json: bool) -> None:
    """What stands in the way of MODULE's leaving, or of any module's."""
    modules = (_known(project, module),) if module else project.modules
    found = analysis.check(project, modules)
    if as_json:
        click.echo(json.dumps({"modules": modules, "findings": [finding.as_json() for finding in found]}, indent=2))
    else:
        show(found)
        if not found:
            can = f"{module} can leave" if module else f"each of {len(modules)} modules can leave"
            OUT.print(f"{can}: nothing stands in the way")
    sys.exit(1 if found else 0)


@main.command(epilog="Example: python -m extraction compat --against main")
@click.option("--against", metavar="REV", help="Compare with a git revision, not with contracts/lock/.")
@click.option("--update", is_flag=True, help="Lock the contracts as they are, unless that breaks somebody.")
@with_project
def compat(project: Project, against: str | None, update: bool) -> None:
    """Whether peers built from older contracts, and these, still understand each other."""
    if against and update:
        raise click.UsageError("--update compares with the lock; leave out --against")
    now = trees.described(project.root)
    try:
        before = trees.at_revision(project.root, against) if against else lock.read(project.root)
    except trees.UnknownRevision as unknown:
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


@main.command(epilog="Example: python -m extraction extract orders --into ../orders-service")
@click.argument("module")
@click.option(
    "--into", type=click.Path(path_type=Path, resolve_path=True), required=True, help="An empty or new folder."
)
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
@click.option("--no-verify", is_flag=True, help="Do not start the service; check only what can be read of it.")
@with_project
def extract(project: Project, module: str, into: Path, dry_run: bool, no_verify: bool) -> None:
    """Write MODULE as a service of its own, verify it, and say what to do next."""
    _known(project, module)
    step(f"checking {module}")
    if found := analysis.check(project, [module]):
        show(found)
        fail(f"{module} cannot leave yet: put right the {_findings(len(found))} above. Nothing was written")
    writer.refuse_unless_free(into, project.root)
    planned = plan.plan(project, module)
    if dry_run:
        show_plan(planned, into)
        return
    step(f"writing and verifying {len(planned.files)} files")
    untried = "--no-verify" if no_verify else boot.hindrance()
    writer.write(planned, into, verification.verify if untried else _verify_and_boot)
    _summary(planned, into, "is now")
    verified = f"what can be read of it; it was not started: {untried}" if untried else "it starts, and answers"
    OUT.print(f"  verified      {verified}", markup=False)
    show_next(planned, into)


@main.group("data", epilog="Example: python -m extraction data copy orders --to ../orders-service")
def data_group() -> None:
    """Take a module's data along to where it goes."""


def between(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the module, and the arguments that name its two databases."""
    for option in (
        click.option(
            "--to", metavar="URL|FOLDER", required=True, help="The module's database there, or the service's folder."
        ),
        click.option(
            "--from",
            "from_",
            metavar="URL|FOLDER",
            help="The module's database here.",
            show_default="as the settings of --root have it",
        ),
    ):
        command = option(command)
    return with_project(click.argument("module")(command))


@data_group.command("copy", epilog="Example: python -m extraction data copy orders --to ../orders-service")
@click.option("--replace", is_flag=True, help="Delete what the target has.")
@click.option("--while-running", is_flag=True, help="Rehearse: copy a snapshot of what others may write to.")
@between
def data_copy(project: Project, module: str, to: str, from_: str | None, replace: bool, while_running: bool) -> None:
    """Copy MODULE's database into another one: its tables, and all that is in flight."""
    try:
        with _databases(project, module, from_, to, migrate=True) as (source, target), data.bar(ERR) as bar:
            done = data.copy(source, target, module, bar, step, replace=replace, while_running=while_running)
    except KeyboardInterrupt:
        fail("interrupted, the target is not complete: the same command goes on", 130)
    OUT.print(f"{module} is copied to {target}: {done}", markup=False)
    OUT.print("  verified  every table has the rows and the checksum that it has in the source")
    if while_running:
        OUT.print(
            "  rehearsal what was written after it began is not there; to move, stop the writers and --replace it"
        )


@data_group.command("verify", epilog="Example: python -m extraction data verify orders --to ../orders-service")
@between
def data_verify(project: Project, module: str, to: str, from_: str | None) -> None:
    """Compare MODULE's database with the one that it was copied into."""
    with _databases(project, module, from_, to) as (source, target), data.bar(ERR) as bar:
        found = data.verify(source, target, module, bar)
    for difference in found.different:
        click.echo(difference)
    if found.different:
        fail(f"{target} is not what the source is: copy again, or find out who writes to it")
    OUT.print(f"{target} is what the source is: {found}", markup=False)


def show(found: list[Finding]) -> None:
    """One line for each finding, as compilers do."""
    for finding in found:
        click.echo(str(finding))


def show_plan(planned: plan.Plan, into: Path) -> None:
    """What would be written."""
    for file in planned.files:
        OUT.print(f"  {file.path}", markup=False)
    _summary(planned, into, "would become")


def show_next(planned: plan.Plan, into: Path) -> None:
    """The three commands that come next."""
    there = f"cd {shlex.quote(_shown(into))} && "
    commands = {
        f"{there}make run": f"the service, at http://127.0.0.1:{planned.port}",
        f"{planned.url_setting}=http://127.0.0.1:{planned.port} make run": "the monolith, here, using it",
        f"{there}make test": "the service's own checks and tests",
    }
    width = max(map(len, commands))
    OUT.print("\nNext:")
    for command, purpose in commands.items():
        OUT.print(f"  {command:{width}}  # {purpose}", markup=False)


def step(what: str) -> None:
    """Say what is being done, on the error stream."""
    ERR.print(f"{what} …", markup=False)


def fail(message: str, status: int = 1) -> None:
    """Say what went wrong and end."""
    ERR.print(f"error: {message}", markup=False)
    sys.exit(status)


def _summary(planned: plan.Plan, into: Path, becomes: str) -> None:
    size = sum(len(file.content) for file in planned.files)
    OUT.print(
        f"{planned.module} {becomes} {planned.service} in {_shown(into)}: {len(planned.files)} files, {size // 1024} kB"
    )
    OUT.print(f"  contracts     {', '.join(planned.contracts)}", markup=False)
    OUT.print(f"  requirements  {', '.join(planned.requirements)}", markup=False)


def _verify_and_boot(folder: Path) -> None:
    verification.verify(folder)
    boot.boot(folder, step)


@contextmanager
def _databases(
    project: Project, module: str, source: str | None, target: str, *, migrate: bool = False
) -> Iterator[tuple[data.Place, data.Place]]:
    """Source and target of a copy."""
    _known(project, module)
    with ExitStack() as stack:
        places = []
        for option, where in (("--from", source or str(project.root)), ("--to", target)):
            to_migrate = migrate and option == "--to"
            try:
                place = data.opened(where, module, project.root, step, migrate=to_migrate)
                places.append(stack.enter_context(place))
            except data.BadAddress as error:
                raise click.BadParameter(str(error), param_hint=option) from None
        yield places[0], places[1]


def _known(project: Project, module: str) -> str:
    if module not in project.modules:
        raise click.BadParameter(f"there is no module {module!r}; there are: {', '.join(project.modules)}")
    return module


def _repository(start: Path) -> Path:
    return next((place for place in (start, *start.parents) if (place / "src" / "modules").is_dir()), start)


def _shown(path: Path) -> str:
    return os.path.relpath(path)


def _owners(names: Iterable[str]) -> str:
    return ", ".join(sorted({owner(name) or name for name in names})) or "-"


def _findings(number: int) -> str:
    return f"{number} finding{'' if number == 1 else 's'}"
