"""Pinned requirements, and the part of them that some code needs.

What needs what is read from the metadata of what is installed here, for every platform: a requirement counts where it
is pinned, whatever its marker says of this machine, and its pin keeps the marker. Of pins that are not installed here
nobody can say what they need, so that all that nobody else explains is kept beside them.
"""

import importlib.metadata
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from extraction.processes.errors import Refused

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))
_MACHINE = re.compile(r"\bplatform_(?:machine|release|version)\b")
_VIA = re.compile(r" +#(?: via|  ) ([A-Za-z0-9._-]+)$")
"""Who needs a pin, as `uv pip compile` says it below."""
_EXTRA = re.compile(r"""\bextra == ["']([^"']+)["']""")


def canonical(name: str) -> str:
    """A distribution's name as an index compares it (PEP 503)."""
    return str(canonicalize_name(name))


@cache
def distributions() -> Mapping[str, frozenset[str]]:
    """Which installed distributions bring an importable top-level name. Raises `Refused` where it lacks Django's."""
    found = importlib.metadata.packages_distributions()
    if "django" not in found:
        raise Refused(
            "what the repository requires is not installed in its .venv: run `make lint` there, and try again"
        )
    return {name: frozenset(map(canonical, brought)) for name, brought in found.items()}


@cache
def required(distribution: str, extras: frozenset[str] = frozenset()) -> Mapping[str, frozenset[str]] | None:
    """What an installed distribution requires on any platform, each with its extras; None where it is not installed."""
    try:
        listed = importlib.metadata.requires(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return collect(map(Requirement, listed), extras)


def collect(requirements: Iterable[Requirement], extras: frozenset[str] = frozenset()) -> Mapping[str, frozenset[str]]:
    """Collect what these requirements ask for on any platform, each with its extras."""
    found: dict[str, frozenset[str]] = {}
    for requirement in requirements:
        if requirement.marker is None or _may_hold(requirement.marker, extras):
            name = canonical(requirement.name)
            found[name] = found.get(name, frozenset()) | frozenset(map(canonical, requirement.extras))
    return found


def _may_hold(marker: Marker, extras: frozenset[str]) -> bool:
    """Whether a marker holds on any of the platforms that a lock is for."""
    if _MACHINE.search(str(marker)):
        wanted_by = {canonical(extra) for extra in _EXTRA.findall(str(marker))}
        return not wanted_by or bool(wanted_by & extras)
    return any(
        marker.evaluate(environment | {"extra": extra}) for environment in _environments() for extra in extras or {""}
    )


@cache
def _environments() -> tuple[dict[str, str], ...]:
    return tuple(
        {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": platform}
        | {"platform_system": system, "os_name": family, "implementation_name": name}
        | {"platform_python_implementation": implementation}
        for python in PYTHONS
        for platform, system, family in PLATFORMS
        for name, implementation in (("cpython", "CPython"), ("pypy", "PyPy"))
    )


@dataclass(frozen=True)
class Pin:
    """One pinned distribution, with its hashes."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Lock:
    """A requirements file with every distribution pinned."""

    header: tuple[str, ...]
    pins: Mapping[str, Pin]
    told: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)
    """What a pinned distribution requires, where that is known of its wheel, and need not be installed."""

    @classmethod
    def parse(cls, text: str) -> "Lock":
        """A lock from the text of the file. What it says in comments is not read."""
        header: list[str] = []
        blocks: list[list[str]] = []
        for line in text.splitlines():
            if line and not line.startswith((" ", "#", "-")):
                blocks.append([line])
            elif not blocks:
                header.append(line)
            elif not line.lstrip().startswith("#"):
                blocks[-1].append(line)
        pins: dict[str, Pin] = {}
        for block in blocks:
            name = canonical(_required(block[0]).name)
            # One may be pinned several times, each for some versions of Python.
            pins[name] = Pin(name, (*(pins[name].lines if name in pins else ()), *block))
        return cls(tuple(header), pins)

    def explain(self, text: str) -> "Lock":
        """Take what needs what from the comments that `make lock` leaves in the file: nothing need be installed."""
        needs: dict[str, list[Requirement]] = {name: [] for name in self.pins}
        name = ""
        for line in text.splitlines():
            if line[:1].isalnum():
                name = canonical(_required(line).name)
            elif (parent := _VIA.match(line)) and canonical(parent[1]) in needs:
                needs[canonical(parent[1])].append(Requirement(name))
        return replace(self, told={name: tuple(found) for name, found in needs.items()})

    def with_wheel(self, name: str, lines: tuple[str, ...], requirements: tuple[Requirement, ...]) -> "Lock":
        """Pin a distribution by its wheel, in place of whatever is pinned by this name."""
        pins, told = {**self.pins, name: Pin(name, lines)}, {**self.told, name: requirements}
        return replace(self, pins=pins, told=told)

    def _needs_of(self, name: str, extras: frozenset[str]) -> Mapping[str, frozenset[str]] | None:
        return collect(self.told[name], extras) if name in self.told else required(name, extras)

    def _extras_of(self, name: str) -> frozenset[str]:
        """Every extra that a distribution has."""
        if name in self.told:
            return frozenset(canonical(each) for told in self.told[name] for each in _EXTRA.findall(str(told.marker)))
        return _extras_of(name)

    def closure(self, roots: Iterable[str], extras: Mapping[str, frozenset[str]] | None = None) -> frozenset[str]:
        """The pins that `roots` need, themselves included; `extras` are those of the roots."""
        return frozenset(self._needed(roots, extras or {}))

    def _needed(self, roots: Iterable[str], extras: Mapping[str, frozenset[str]]) -> dict[str, set[str]]:
        """The same, each with who needs it."""
        reached: dict[str, set[str]] = {}
        asked: dict[str, frozenset[str]] = {}
        waiting = [(name, extras.get(name, frozenset()), "") for name in roots]
        while waiting:
            name, wanted_extras, parent = waiting.pop()
            if name not in self.pins:
                continue
            reached.setdefault(name, set()).update({parent} - {""})
            if name in asked and wanted_extras <= asked[name]:
                continue
            asked[name] = asked.get(name, frozenset()) | wanted_extras
            needs = self._needs_of(name, asked[name])
            if needs is None:
                needs = dict.fromkeys(self._unexplained - {name}, frozenset())
            waiting += [(needed, given, name) for needed, given in needs.items()]
        return reached

    @property
    def _unexplained(self) -> frozenset[str]:
        """Pins that are not installed here, and that nothing installed requires."""
        absent = {name for name in self.pins if self._needs_of(name, frozenset()) is None}
        every = (
            (self._needs_of(name, self._extras_of(name)) or {} for name in self.pins.keys() - absent) if absent else ()
        )
        return frozenset(absent.difference(*every))

    def subset(
        self, roots: Collection[str], inputs: Mapping[str, Collection[str]], extras: Mapping[str, frozenset[str]]
    ) -> str:
        """The file again with only what `roots` need, in the same format; `inputs` are files, with what each names."""
        needed = self._needed(roots, extras)
        lines = list(self.header)
        for name in sorted(needed):
            files = [f"-r {path}" for path, named in sorted(inputs.items()) if name in named]
            lines += [*self.pins[name].lines, *_via([*files, *sorted(needed[name])])]
        return "\n".join(lines) + "\n"


def wanted(text: str) -> dict[str, str]:
    """The distributions that a `.in` file names itself, each with its line."""
    return {canonical(requirement.name): line for line, requirement in _requirements(text)}


def extras(text: str) -> dict[str, frozenset[str]]:
    """The extras that a `.in` file asks for, by distribution."""
    return {canonical(r.name): frozenset(map(canonical, r.extras)) for _, r in _requirements(text) if r.extras}


def pruned(text: str, kept: Collection[str]) -> str:
    """A `.in` file with only the lines of `kept`; comments and inclusions stay."""
    gone = {line for line, requirement in _requirements(text) if canonical(requirement.name) not in kept}
    return "\n".join(line for line in text.splitlines() if line.strip() not in gone) + "\n"


def _requirements(text: str) -> Iterator[tuple[str, Requirement]]:
    for line in map(str.strip, text.splitlines()):
        try:
            yield line, _required(line)
        except InvalidRequirement:
            continue  # a comment, or an option such as -r


def _required(line: str) -> Requirement:
    return Requirement(re.split(r"\s+(?:#|--hash|\\)", f"{line} #")[0])


@cache
def _extras_of(distribution: str) -> frozenset[str]:
    return frozenset(map(canonical, importlib.metadata.metadata(distribution).get_all("Provides-Extra") or ()))


def _via(parents: list[str]) -> list[str]:
    if len(parents) == 1:
        return [f"    # via {parents[0]}"]
    return ["    # via", *(f"    #   {parent}" for parent in parents)] if parents else []
