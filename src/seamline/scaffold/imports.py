"""Imports in the order and the lines that the formatter wants, whatever the things are called that they name."""

import re
from itertools import groupby

WIDTH = 120
_FROM = re.compile(r"from (\S+) import (.+)")


def tidied(text: str) -> str:
    """A Python file with each block of imports sorted, and long ones wrapped."""
    blocks = groupby(text.splitlines(), key=lambda line: line.startswith(("import ", "from ")))
    lines = [line for imports, block in blocks for line in (sorted(block, key=_place) if imports else block)]
    return "".join(f"{_statement(line)}\n" for line in lines)


def _place(line: str) -> tuple[bool, str]:
    """Plain imports first, then by what they import from."""
    return line.startswith("from "), line.split()[1].lower()


def _statement(line: str) -> str:
    found = _FROM.fullmatch(line)
    if not found:
        return line
    names = sorted(found[2].split(", "), key=lambda name: (not name.isupper(), not name[0].isupper(), name.lower()))
    short = f"from {found[1]} import {', '.join(names)}"
    if len(short) <= WIDTH:
        return short
    return "\n".join([f"from {found[1]} import (", *(f"    {name}," for name in names), ")"])
