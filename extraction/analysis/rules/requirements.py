"""Requirements: what is imported is pinned, or the service would lack it."""

import sys
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.reading.dependencies import OWN
from extraction.reading.requirements import canonical, distributions, wanted


@rule
def unpinned(subject: Subject) -> Iterator[Finding]:
    """A third-party import that no requirements file pins: for tests dev.txt, for the rest base.txt."""
    awaited = {test: {name for _, name in _missing_pins(subject, development=test)} for test in (False, True)}
    for source in subject.sources:
        stem = "dev" if source.is_test else "base"
        pinned = subject.project.locks[stem].pins.keys() if stem in subject.project.locks else frozenset()
        for item in source.imports:
            top = item.module.partition(".")[0]
            if top in OWN or top in sys.stdlib_module_names or not top:
                continue
            brought_by = distributions().get(top, frozenset({canonical(top)}))
            if not brought_by & (pinned | awaited[source.is_test]):
                message = f"{top} is imported, and no requirement brings it"
                file = "requirements-dev.in" if source.is_test else "requirements.in"
                home = f"{subject.project.folder(subject.module)}/{file}"
                fix = f"add its distribution to {home} and run make lock"
                yield Finding(source.path, item.line, "requirement", message, fix)


@rule
def unlocked(subject: Subject) -> Iterator[Finding]:
    """A distribution that the module names in its `requirements.in` or `requirements-dev.in`, and is not pinned yet."""
    for (path, text), name in _missing_pins(subject, development=True):
        message = f"{name} is required, and not pinned in requirements/*.txt"
        yield Finding(path, _line(text, name), "requirement", message, "run make lock")


def _missing_pins(subject: Subject, *, development: bool) -> Iterator[tuple[tuple[str, str], str]]:
    """Distributions that the module names and that are not pinned yet, each with the file that names it."""
    project, module = subject.project, subject.module
    named = [(project.requirements_of(module), [*project.locks.values()])]
    if development:
        dev = [lock for stem, lock in project.locks.items() if stem == "dev"]
        named.append((project.requirements_of(module, development=True), dev))
    for file, locks in named:
        for name in wanted(file[1]) if file else ():
            if file and not all(name in lock.pins for lock in locks):
                yield file, name


def _line(text: str, name: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if name in wanted(line))
