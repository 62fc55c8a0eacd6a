"""What a page has a reader type, and what it says comes back.

A block of `console` has commands, each after `$ `, and below each its output. Between the blocks, in comments that no
reader sees, stands what the text around them asks for:

    <!-- terminal 1: make run -->       in a terminal of its own, until it serves
    <!-- terminal 1: Ctrl-C -->         until it has ended
    <!-- terminal 1 says -->            the lines of the next block are among those of that terminal
    <!-- typed: make fmt -->            by the reader too, who is not shown what comes of it
    <!-- scene: reviews have stars -->  what else has happened; scenes.py has it under this name
    <!-- untyped: it takes a key -->    the next block is not typed, and why not
    <!-- file: src/modules/a/b.py -->   the next block is written there by the reader: code_blocks.py says how

A block of `shell` is one of `console` that says `untyped`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

FENCE = re.compile(r"^ *```(\w*)$")
DIRECTION = re.compile(r"^ *<!-- (terminal|scene|typed|untyped|file)(?: ([\w-]+))?(?:: (.+?)| (says)) -->$")


@dataclass(frozen=True)
class Step:
    """One thing to do, and where the page has it."""

    page: str
    line: int


@dataclass(frozen=True)
class Command(Step):
    """Typed by the reader, who sees its output."""

    text: str
    output: str


@dataclass(frozen=True)
class Terminal(Step):
    """Something to be typed in another terminal."""

    name: str
    text: str


@dataclass(frozen=True)
class Says(Step):
    """Lines that another terminal shows."""

    name: str
    output: str


@dataclass(frozen=True)
class Scene(Step):
    """What has happened before."""

    name: str


@dataclass(frozen=True)
class Untyped(Step):
    """A block that no test types."""

    reason: str


@dataclass(frozen=True)
class Code(Step):
    """Code that the reader writes into a file."""

    path: str
    text: str


class Misprint(Exception):
    """A page that cannot be followed."""


def steps(path: Path) -> Iterator[Step]:
    """Read a page from its beginning to its end."""
    lines = enumerate(path.read_text().splitlines(), 1)
    says = untyped = file = None
    for number, line in lines:
        if direction := DIRECTION.match(line):
            kind, name, text, speaks = direction.groups()
            if speaks:
                says = name
            elif kind == "scene":
                yield Scene(path.name, number, text)
            elif kind == "untyped":
                untyped = Untyped(path.name, number, text)
            elif kind == "file":
                file = text
            elif kind == "typed":
                yield Command(path.name, number, text, "")
            else:
                yield Terminal(path.name, number, name, text)
        elif re.match(r" *<!-- *(terminal|scene|typed|untyped|file)\b", line):
            raise Misprint(
                f"{path.name}:{number}: {line.strip()} is no direction; tests/documentation/pages.py has them"
            )
        elif fence := FENCE.match(line):
            block = _block(lines)
            if (fence[1] == "shell") != bool(untyped):
                raise Misprint(f"{path.name}:{number}: a block of `shell` is one that is `untyped`, with the reason")
            if untyped:
                yield untyped
                untyped = None
            elif fence[1] == "console":
                yield from _commands(path.name, number, block)
            elif file:
                yield Code(path.name, number, file, "\n".join(block) + "\n")
                file = None
            elif says is not None:
                yield Says(path.name, number, says, "\n".join(block))
                says = None


def _block(lines: Iterator[tuple[int, str]]) -> list[str]:
    inside: list[str] = []
    for _, line in lines:
        if FENCE.match(line):
            break
        inside.append(line)
    return dedent("\n".join(inside)).splitlines()


def _commands(page: str, begin: int, block: list[str]) -> Iterator[Command]:
    typed: list[str] = []
    output: list[str] = []
    at = begin
    for number, line in enumerate(block, begin + 1):
        if line.startswith("$ "):
            if typed:
                yield Command(page, at, "\n".join(typed), "\n".join(output).strip("\n"))
            typed, output, at = [line[2:]], [], number
        elif not typed:
            raise Misprint(f"{page}:{number}: output of no command")
        elif not output and (typed[-1].endswith("\\") or _is_open("\n".join(typed))):
            typed.append(line)
        else:
            output.append(line)
    if typed:
        yield Command(page, at, "\n".join(typed), "\n".join(output).strip("\n"))


def _is_open(command: str) -> bool:
    """Whether a here-document goes on: `<<EOF`, until a line of `EOF`."""
    end = re.search(r"<<(\w+)$", command, re.M)
    return end is not None and end[1] not in command[end.end() :].splitlines()
