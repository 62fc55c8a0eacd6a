"""Modules that left for good, and tests that need them. Nothing here or in the tests names one.

A test file needs a module whose code it imports. A test needs one where it fails after somebody, in its own process or
on behalf of its requests, asked for that module in vain. Both are skipped, and say which module they need; with none
departed, nothing is.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from extraction.reading.project import Project
from extraction.reading.source import Source
from seamline import topology
from seamline.module import owner
from seamline.topology import Topology, Unlocated
from tests import client

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = Project.at(REPOSITORY)
DEPARTED = PROJECT.departed
NO_ROUTE = "no_route"
"""What a deployable logs when it is asked for a module that no address is set for."""
_asked: set[str] = set()
"""Modules that this process asked for in vain, since the test began."""


class Skipped(pytest.Module):
    """A test file that cannot be imported any longer."""

    def collect(self) -> Iterator[pytest.Item]:
        pytest.skip(_reason(imported(PROJECT.source(str(self.path.relative_to(REPOSITORY))))), allow_module_level=True)


class _Asked(Topology):
    """The topology of this process, which remembers what was asked for in vain."""

    def url(self, module: str) -> str | None:
        try:
            return super().url(module)
        except Unlocated:
            _asked.add(module)
            raise


def imported(source: Source, departed: Iterable[str] = DEPARTED) -> set[str]:
    """The departed modules whose code a file imports."""
    return {name for item in source.imports if (name := owner(item.target)) in set(departed)} - {None}


def begin() -> None:
    """A test begins: what was asked before is not of it."""
    _asked.clear()
    client.answered.clear()
    now = topology.current()
    if DEPARTED and not isinstance(now, _Asked):
        topology.use(_Asked(now.here, now.moved, now.gateway))


def needed(error: BaseException, logs: Iterable[Path]) -> str | None:
    """Why a failed test is to be skipped: which departed modules it needed; None where it has failed indeed."""
    if not DEPARTED:
        return None
    # A fixture that failed for one test fails for the others with the same exception.
    if noted := next((note for note in getattr(error, "__notes__", ()) if note.startswith("needs ")), None):
        return str(noted)
    modules = {*_asked, *asked_in(logs, client.answered), *_named(error)} & DEPARTED
    if not modules:
        return None
    error.add_note(_reason(modules))
    return _reason(modules)


def asked_in(logs: Iterable[Path], requests: Iterable[str]) -> set[str]:
    """The modules that deployables asked for in vain, by their logs, on behalf of these requests."""
    lines = (line for log in logs for line in log.read_text(errors="replace").splitlines() if NO_ROUTE in line)
    records = [json.loads(line) for line in lines if line.startswith("{")]
    return {record["module"] for record in records if record.get("request_id") in set(requests)}


def _named(error: BaseException | None) -> Iterator[str]:
    """What an error of Python's, Django's or extraction's own says is not here, by the words that they have for it."""
    while error:
        for module in DEPARTED:
            signs = (f"'modules.{module}", f"The connection '{module}' doesn't exist", f"{module} has left for good")
            if any(sign in str(error) for sign in signs):
                yield module
        error = error.__cause__ or error.__context__


def _reason(modules: Iterable[str]) -> str:
    return f"needs {', '.join(sorted(modules))}, which left for good"
