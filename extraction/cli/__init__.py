"""The command line: a file for each command."""

import click

from extraction import interruption
from extraction.cli.check import check
from extraction.cli.compat import compat
from extraction.cli.data import data_group
from extraction.cli.extract import extract
from extraction.cli.listing import list_modules


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: python -m extraction extract orders --into ../orders-service",
)
def main() -> None:
    """Promote a module to a service of its own."""
    interruption.prepare()


for command in (list_modules, check, compat, extract, data_group):
    main.add_command(command)
