"""What the commands share: the project they work on, how they speak, and how they fail."""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from rich.console import Console

from extraction import data, departure, plan, system, verification, writer
from extraction.analysis import Finding
from extraction.compat import trees
from extraction.contract_files import owner
from extraction.project import NotAProject, Project
from kernel.databases.config import SCHEMES

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)
REFUSALS = (writer.Refused, plan.Refused, departure.Refused, verification.Unsound, trees.Unloadable, data.Refused)
"""Errors whose message is all that there is to say."""


root_option = click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    default=lambda: _repository(Path.cwd()),
    show_default="the repository you are in",
    help="The monolith's repository.",
)


def with_project(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the project in `--root`, and say without a traceback what refused to work."""

    @root_option
    @wraps(command)
    def run(root: Path, **options: Any) -> None:
        try:
            command(Project.at(root), **options)
        except NotAProject as error:
            raise click.UsageError(str(error)) from None
        except BrokenPipeError:
            # Whoever read it has seen enough: `… | head`.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(128 + signal.SIGPIPE)
        except REFUSALS as error:
            fail(str(error))
        except OSError as error:
            fail(system.told(error))
        except KeyboardInterrupt:
            fail("interrupted; nothing was written", 130)

    return run


server_option = click.option(
    "--server",
    metavar="URL",
    callback=lambda context, option, value: _address(value),
    show_default="DATABASE_URL, or one that is started for it",
    help="A PostgreSQL server to try the service on, in databases that are dropped afterwards.",
)


def _address(url: str | None) -> str | None:
    if url and urlsplit(url).scheme not in SCHEMES:
        raise click.BadParameter("this is no address such as postgresql://user:password@host:5432/postgres")
    return url


def step(what: str) -> None:
    """Say what is being done, on the error stream."""
    ERR.print(f"{what} …", markup=False)


def fail(message: str, status: int = 1) -> None:
    """Say what went wrong and end."""
    ERR.print(f"error: {message}", markup=False)
    sys.exit(status)


def show(found: list[Finding]) -> None:
    """One line for each finding, as compilers do."""
    for finding in found:
        click.echo(str(finding))


def known(project: Project, module: str) -> str:
    """A module's name, whose code is here. Raises `click.BadParameter`."""
    if module in project.departed:
        raise click.BadParameter(f"{module} has left for good: {project.folder(module)} has no more than its manifest")
    if module not in project.modules:
        raise click.BadParameter(f"there is no module {module!r}; there are: {', '.join(project.modules)}")
    return module


def shown(path: Path) -> str:
    """A path, as seen from here."""
    return os.path.relpath(path)


def owners(names: Iterable[str]) -> str:
    """The modules that dotted names are of, for a reader."""
    return ", ".join(sorted({owner(name) or name for name in names})) or "-"


def number_of_findings(number: int) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number} finding{'' if number == 1 else 's'}"


def _repository(start: Path) -> Path:
    return next((place for place in (start, *start.parents) if (place / "src" / "modules").is_dir()), start)
