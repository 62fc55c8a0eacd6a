"""What the commands share: the project they work on, how they speak, and how they fail."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import click
from rich.console import Console

from extraction.analysis import Finding
from extraction.processes import installation
from extraction.processes.errors import InvalidArgument, Refused
from extraction.processes.os_errors import describe_os_error
from extraction.reading.layout import find_root, owner_of_contract
from extraction.reading.project import Project

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)


root_option = click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    default=lambda: find_root(Path.cwd()),
    show_default="the repository you are in",
    help="The monolith's repository.",
)


def with_project(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the project in `--root`, and say what refused to work."""

    @root_option
    @refusing
    @wraps(command)
    def run(root: Path, **options: Any) -> None:
        installation.reach_libraries(root)
        command(Project.at(root), **options)

    return run


def refusing(command: Callable[..., None]) -> Callable[..., None]:
    """Have a command say without a traceback what refused to work."""

    @wraps(command)
    def run(**options: Any) -> None:
        try:
            command(**options)
        except InvalidArgument as error:
            raise click.UsageError(str(error)) from None
        except BrokenPipeError:
            # Whoever read it has seen enough: `… | head`.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(128 + signal.SIGPIPE)
        except Refused as error:
            fail(str(error))
        except OSError as error:
            fail(describe_os_error(error))
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
    from seamline.databases.config import SCHEMES

    if url and urlsplit(url).scheme not in SCHEMES:
        raise click.BadParameter("this is no address such as postgresql://user:password@host:5432/postgres")
    return url


def step(what: str) -> None:
    """Say what is being done, on the error stream."""
    ERR.print(f"{what} …", markup=False)


def fail(message: str, status: int = 1) -> NoReturn:
    """Say what went wrong and end."""
    ERR.print(f"error: {message}", markup=False)
    sys.exit(status)


def show(found: list[Finding]) -> None:
    """Print a line for each finding, as compilers do."""
    for finding in found:
        click.echo(str(finding))


def require_module(project: Project, module: str) -> str:
    """Make sure that a module's code is here, and return its name. Raises `click.BadParameter`."""
    if module in project.departed:
        raise click.BadParameter(f"{module} has left for good: {project.folder(module)} has no more than its manifest")
    if module not in project.modules:
        raise click.BadParameter(f"there is no module {module!r}; there are: {', '.join(project.modules)}")
    return module


def relative_path(path: Path) -> str:
    """Write a path as seen from here."""
    return os.path.relpath(path)


def owners(names: Iterable[str]) -> str:
    """List the modules that dotted names are of, for a reader."""
    return ", ".join(sorted({owner_of_contract(name) or name for name in names})) or "-"


def number_of_findings(number: int) -> str:
    """Write `1 finding`, `2 findings`."""
    return f"{number} finding{'' if number == 1 else 's'}"


def print_commands(commands: Mapping[str, str]) -> None:
    """Print the commands that come next, each with what it is for."""
    width = max(map(len, commands))
    OUT.print("\nNext:")
    for command, purpose in commands.items():
        OUT.print(f"  {command:{width}}  # {purpose}", markup=False)
