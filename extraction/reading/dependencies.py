"""Which third-party distributions some code needs, and the requirements files that say so."""

import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from extraction.reading.layout import LAYERS
from extraction.reading.project import Project
from extraction.reading.requirements import Lock, distributions, extras, pruned, wanted
from extraction.reading.source import Source, argument, text

TOOLS = frozenset({"import-linter", "mypy", "pytest", "pytest-django", "pytest-timeout", "pytest-xdist", "ruff"})
"""What `make lint` and `make test` run."""
OWN = frozenset({*LAYERS, "extraction", "tests", "conftest", "manage"})
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_NAMING = ("importlib.util.find_spec", "importlib.import_module", "django.utils.module_loading.import_string")


@dataclass(frozen=True)
class Requirements:
    """What a service requires."""

    roots: frozenset[str]
    """Distributions that it needs at run time and names itself."""
    files: dict[str, str]
    """The requirements files, by path."""


def of(project: Project, module: str, sources: Iterable[Source]) -> Requirements:
    """The part of the project's requirements that these files need, and all that the module names itself."""
    own = project.requirements_of(module)
    imported = {name for source in sources for name in third_party(source)}
    needed = {distribution for name in imported for distribution in distributions().get(name, ())} | TOOLS
    inputs: dict[str, Collection[str]] = {own[0]: wanted(own[1]).keys()} if own else {}
    asked = dict(extras(own[1])) if own else {}
    kept: set[str] = {name for names in inputs.values() for name in names}
    files: dict[str, str] = {}
    roots: frozenset[str] = frozenset()
    for stem in ("base", "local", "dev"):
        path = f"requirements/{stem}.in"
        text = (project.root / path).read_text()
        lock = project.locks[stem]
        if stem == "dev" and (named := project.requirements_of(module, development=True)):
            inputs[named[0]] = wanted(named[1]).keys()
            asked |= extras(named[1])
            kept |= set(inputs[named[0]])
        asked |= {name: given | asked.get(name, frozenset()) for name, given in extras(text).items()}
        kept |= _wanted_for(lock, frozenset(wanted(text)), needed, kept, asked)
        roots = roots or frozenset(kept)
        inputs[path] = wanted(text).keys() & kept
        files[path] = pruned(text, kept)
        files[f"requirements/{stem}.txt"] = lock.subset(kept, inputs, asked)
    return Requirements(roots, files)


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
