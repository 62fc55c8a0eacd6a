"""Pinned requirements, and the part of them that some code needs.

A lock written by uv says under each pin who wanted it (`# via`). That is the graph of dependencies, extras and markers
included, whatever is installed here.
"""

import importlib.metadata
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==")
_VIA = re.compile(r"^    #(?: via)?(?:   | )?\s*(.+)$")
_WANTED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)")


def canonical(name: str) -> str:
    """A distribution's name as an index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def distributions() -> Mapping[str, frozenset[str]]:
    """Which installed distributions bring an importable top-level name."""
    found = importlib.metadata.packages_distributions()
    return {name: frozenset(map(canonical, brought)) for name, brought in found.items()}


@dataclass(frozen=True)
class Pin:
    """One pinned distribution: its lines up to the `# via` comment, and who wanted it."""

    name: str
    lines: tuple[str, ...]
    via: tuple[str, ...]
    """Distributions, and `-r requirements/base.in` for a file that names it."""


@dataclass(frozen=True)
class Lock:
    """A requirements file with every distribution pinned."""

    header: tuple[str, ...]
    pins: Mapping[str, Pin]

    @classmethod
    def parse(cls, text: str) -> "Lock":
        """A lock from the text of the file."""
        header: list[str] = []
        blocks: list[list[str]] = []
        for line in text.splitlines():
            if _PIN.match(line):
                blocks.append([line])
            elif blocks:
                blocks[-1].append(line)
            else:
                header.append(line)
        pins = [_pin(block) for block in blocks]
        return cls(tuple(header), {pin.name: pin for pin in pins})

    def closure(self, roots: Iterable[str]) -> frozenset[str]:
        """The pins that `roots` need, themselves included."""
        needs: dict[str, set[str]] = {}
        for pin in self.pins.values():
            for parent in pin.via:
                needs.setdefault(parent, set()).add(pin.name)
        reached: set[str] = set()
        waiting = [name for name in roots if name in self.pins]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += needs.get(name, ())
        return frozenset(reached)

    def subset(self, roots: Collection[str], inputs: Collection[str]) -> str:
        """The file again with only what `roots` need, in the same format; `inputs` are the files that name them."""
        named_by = {f"-r {path}" for path in inputs}
        kept = self.closure(roots)
        lines = list(self.header)
        for name in sorted(kept):
            pin = self.pins[name]
            files = [parent for parent in pin.via if parent in named_by] if name in roots else []
            lines += [*pin.lines, *_via(sorted([*files, *(parent for parent in pin.via if parent in kept)]))]
        return "\n".join(lines) + "\n"


def wanted(text: str) -> dict[str, str]:
    """The distributions that a `.in` file names itself, each with its line."""
    lines = [line.strip() for line in text.splitlines()]
    return {canonical(m[1]): line for line in lines if (m := _WANTED.match(line))}


def pruned(text: str, kept: Collection[str]) -> str:
    """A `.in` file with only the lines of `kept`; comments and inclusions stay."""
    lines = [line for line in text.splitlines() if not (m := _WANTED.match(line.strip())) or canonical(m[1]) in kept]
    return "\n".join(lines) + "\n"


def _pin(block: list[str]) -> Pin:
    lines = [line for line in block if not line.startswith("    #")]
    via = [m[1].strip() for line in block if (m := _VIA.match(line)) and m[1].strip() != "via"]
    name = _PIN.match(block[0])
    return Pin(canonical(name[1] if name else ""), tuple(lines), tuple(via))


def _via(parents: list[str]) -> list[str]:
    if len(parents) == 1:
        return [f"    # via {parents[0]}"]
    return ["    # via", *(f"    #   {parent}" for parent in parents)]
