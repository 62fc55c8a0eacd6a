"""Which folders and addresses are behind, and what they lack."""

import json
import sys

import click

from extraction.cli.common import OUT, refusing, step
from extraction.processes.errors import InvalidArgument
from extraction.updating import outdated as looking
from extraction.updating.outdated import Standing
from extraction.writing import runtime_wheel

TITLES = ("place", "written by", "runtime", "lacks")


@click.command(
    "outdated",
    short_help="Tell which versions PLACES were written by and run, and what they lack.",
    epilog="Example: extraction outdated ../parcels-service https://depots.example.com",
)
@click.argument("places", metavar="DIR|URL…", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@refusing
def find_outdated(places: tuple[str, ...], as_json: bool) -> None:
    """Tell which version wrote a folder and which version of the runtime it requires, or an address runs (`/health`).

    Beside that it says what they lack of this version, by the changelog. Exit status 1 says that one lacks a fix of
    security, or that nothing could be learnt of it.
    """
    if odd := next((place for place in places if "://" in place and not looking.is_address(place)), None):
        raise InvalidArgument(f"{odd!r} is no address such as http://127.0.0.1:8000")
    if not as_json and any(map(looking.is_address, places)):
        step("asking")
    found = list(looking.look(places))
    if as_json:
        document = {"tool": runtime_wheel.find().version, "places": [one.as_builtins() for one in found]}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _show(found)
    sys.exit(0 if all(one.is_safe for one in found) else 1)


def _show(found: list[Standing]) -> None:
    """Print a line for each place, and then one for each fix of security that it lacks."""
    cells_of = [(one.place, one.written or "-", one.runtime or "-", _lacks(one)) for one in found]
    rows = [tuple(map(_printable, row)) for row in [TITLES, *cells_of]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        OUT.print("  ".join(cells).rstrip(), markup=False)
    for one in found:
        for fix in one.security:
            OUT.print(f"security: {_printable(one.place)} lacks {fix}", markup=False)


def _lacks(one: Standing) -> str:
    if one.problem:
        return f"unknown: {one.problem}"
    number = len(one.security)
    fixes = f"; {number} fix{'' if number == 1 else 'es'} of security" if number else ""
    return (", ".join(one.lacks) or "nothing") + fixes


def _printable(text: str) -> str:
    """Leave out what would be an order to the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
