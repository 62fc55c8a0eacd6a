"""The command line: a file for each command."""

import click

from extraction import interruption
from extraction.cli.check import check
from extraction.cli.compat import compat
from extraction.cli.cost import cost
from extraction.cli.data import data_group
from extraction.cli.extract import extract
from extraction.cli.finish import finish
from extraction.cli.fold import fold
from extraction.cli.listing import list_modules
from extraction.cli.survey import survey
from extraction.cli.verify import verify


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: python -m extraction extract orders --into ../orders-service",
)
def main() -> None:
    """Promote a module to a service of its own."""
    interruption.prepare()


for command in (list_modules, check, cost, compat, extract, data_group, finish, fold, verify, survey):
    main.add_command(command)
