"""Commands: what each says when it is asked for help."""

import os
import re
from collections.abc import Iterator

import click
from django.core.management import get_commands, load_command_class

from docs.site.reference.declared import REPOSITORY, code, table
from extraction.cli import main

COMMON = {
    "--version",
    "--verbosity",
    "--settings",
    "--pythonpath",
    "--traceback",
    "--no-color",
    "--force-color",
    "--skip-checks",
}
"""Options that every command of `manage.py` has."""
TOOL = "python -m extraction"
TARGET = re.compile(r"^([a-z-]+):.*?## (.+)$", re.M)


def page() -> str:
    """Write the page: make, `manage.py`, and the tool."""
    os.environ["COLUMNS"] = "100"
    text = "## make\n\n" + table(("target", ""), [(code(f"make {name}"), words) for name, words in targets()])
    text += "\n## manage.py\n\nThose of the runtime and of the modules, beside Django's own.\n"
    for name, app in sorted(get_commands().items()):
        if app.startswith(("seamline", "modules.")):
            text += f"\n### {code(f'manage.py {name}')}\n\n```text\n{help_of(app, name)}\n```\n"
    text += f"\n## {TOOL}\n\nAlso `extraction`, where the tool is installed.\n"
    for path, words in tool(main, TOOL):
        text += f"\n### {code(path)}\n\n```text\n{words.rstrip()}\n```\n"
    return text


def targets() -> Iterator[tuple[str, str]]:
    """Find the targets of make that say what they are for."""
    for name in ("deployable.mk", "Makefile"):
        yield from TARGET.findall((REPOSITORY / name).read_text())


def help_of(app: str, name: str) -> str:
    """Ask a command of `manage.py` for its help, without the options that all have."""
    command = load_command_class(app, name)
    command.suppressed_base_arguments = COMMON
    return command.create_parser("manage.py", name).format_help().strip()


def tool(command: click.Command, path: str, above: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """Ask the tool's commands for their help, and those of its groups."""
    context = click.Context(command, above, info_name=path if above is None else path.rpartition(" ")[2])
    context.max_content_width = 100
    context.terminal_width = 100
    yield path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if inner := command.get_command(context, name):
                yield from tool(inner, f"{path} {name}", context)
