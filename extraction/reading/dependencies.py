"""Which third-party distributions some code needs, and the requirements files that say so."""

import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from packaging.requirements import Requirement

from extraction.reading.layout import LAYERS
from extraction.reading.project import Project
from extraction.reading.requirements import Lock, canonical, distributions, extras, pruned, wanted
from extraction.reading.source import Source, argument, text

TOOLS = frozenset({"import-linter", "mypy", "pytest", "pytest-django", "pytest-timeout", "pytest-xdist", "ruff"})
"""What `make lint` and `make test` run."""
CHOSEN = frozenset({"django"})
"""What a project says beside the runtime's own range which versions of it are to be had: a lock for every platform and
Python would else come in two versions."""
OWN = frozenset({*LAYERS, "extraction", "tests", "conftest", "manage"})
STEMS = ("base", "local", "dev")
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_NAMING = ("importlib.util.find_spec", "importlib.import_module", "django.utils.module_loading.import_string")


@dataclass(frozen=True)
class Wheel:
    """A distribution that goes along as a file, and what its lines in a requirements file are."""

    name: str
    pin: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    lines: Mapping[str, str] = field(default_factory=dict)
    """The line that names it, by the stem of the file: `base`."""


@dataclass(frozen=True)
class Requirements:
    """What a service requires."""

    roots: frozenset[str]
    """Distributions that it needs at run time and names itself."""
    files: dict[str, str]
    """The requirements files, by path."""


def of(project: Project, module: str, sources: Iterable[Source], wheels: Collection[Wheel]) -> Requirements:
    """The wheels' requirements, what these files need beside them, and all that the module names itself.

    Pins are the project's.
    """
    own = project.requirements_of(module)
    imported = {name for source in sources for name in third_party(source)}
    needed = {distribution for name in imported for distribution in distributions().get(name, ())} | TOOLS
    inputs: dict[str, Collection[str]] = {own[0]: wanted(own[1]).keys()} if own else {}
    asked = dict(extras(own[1])) if own else {}
    kept: set[str] = {name for names in inputs.values() for name in names}
    files: dict[str, str] = {}
    roots: frozenset[str] = frozenset()
    for stem in STEMS:
        path = f"requirements/{stem}.in"
        text = (project.root / path).read_text()
        lock = _lock(project.locks[stem], wheels)
        if stem == "dev" and (named := project.requirements_of(module, development=True)):
            inputs[named[0]] = wanted(named[1]).keys()
            asked |= extras(named[1])
            kept |= set(inputs[named[0]])
        lines = [wheel.lines[stem] for wheel in wheels if stem in wheel.lines]
        named_here = set(wanted("\n".join(lines)))
        kept |= named_here
        for given in ("\n".join(lines), text):
            asked |= {name: found | asked.get(name, frozenset()) for name, found in extras(given).items()}
        # What only a tool brings is named by whoever uses it too.
        running = kept - {wheel.name for wheel in wheels if STEMS[0] not in wheel.lines}
        brought = lock.closure(running, asked) - CHOSEN
        candidates = frozenset(wanted(text)) - brought
        kept |= _wanted_for(lock, candidates, needed, running, asked)
        roots = roots or frozenset(kept)
        stays = (wanted(text).keys() & kept) - {wheel.name for wheel in wheels} - (brought - kept)
        inputs[path] = stays | named_here
        files[path] = _input(pruned(text, stays), lines)
        files[f"requirements/{stem}.txt"] = lock.subset(kept, inputs, asked)
    return Requirements(roots, files)


def _lock(lock: Lock, wheels: Iterable[Wheel]) -> Lock:
    for wheel in wheels:
        lock = lock.with_wheel(canonical(wheel.name), wheel.pin, wheel.requirements)
    return lock


def _input(text: str, lines: list[str]) -> str:
    """Write a `.in` file with the wheels' lines behind what it includes."""
    given = text.splitlines()
    place = next((number for number, line in enumerate(given) if line and not line.startswith(("-", "#"))), len(given))
    return "\n".join([*given[:place], *lines, *given[place:]]) + "\n"


def third_party(source: Source) -> Iterator[str]:
    """The top-level names of other people's packages that a file imports or names.

    Settings name applications and middleware by strings, so every dotted string in `config` counts; elsewhere only one
    that is given to be imported.
    """
    names = [item.module for item in source.imports] + list(_list_names(source))
    for name in names:
        top = name.partition(".")[0]
        if top not in OWN and top not in sys.stdlib_module_names:
            yield top


def _list_names(source: Source) -> Iterator[str]:
    if source.name.startswith("config"):
        yield from (value for value, _ in source.strings() if _DOTTED.fullmatch(value))
    for name, call in source.calls():
        if name in _NAMING and (value := text(argument(call, 0, "name"))):
            yield value


def _wanted_for(
    lock: Lock, candidates: frozenset[str], needed: set[str], kept: set[str], asked: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """The candidates that are needed themselves, or bring something needed, or describe the types of something kept."""
    chosen = candidates & needed
    missing = (needed & lock.pins.keys()) - lock.closure(kept | chosen, asked)
    chosen |= {name for name in candidates if lock.closure([name], asked) & missing}
    present = lock.closure(kept | chosen, asked)
    return chosen | {name for name in candidates - present if _described(name) in present}


def _described(stubs: str) -> str | None:
    """The distribution whose types `django-stubs`, `celery-types` or `types-PyYAML` describe."""
    name = stubs.removeprefix("types-").removesuffix("-stubs").removesuffix("-types")
    return name if name != stubs else None
