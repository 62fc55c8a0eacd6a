"""The calls and events that cross a module's border, each with its place in the code and the work it is part of."""

import ast
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from extraction.analysis import definitions
from extraction.analysis.calls import contract_calls
from extraction.analysis.definitions import Definition
from extraction.reading.contract_files import Declared, Kind
from extraction.reading.layout import module_package, owner_of_contract
from extraction.reading.project import Project
from extraction.reading.source import Source
from seamline.contract.names import handler_of

ROOMS = {
    "admin": "request",
    "api": "request",
    "audit": "audit",
    "handlers": "event",
    "jobs": "job",
    "management": "command",
    "pages": "request",
    "sagas": "saga",
    "tasks": "task",
    "templatetags": "request",
    "urls": "request",
    "views": "request",
}
"""What begins in each room of a module. What begins in its service or its queries is a call from elsewhere."""
NOT_NOW = frozenset({"compensate", "wake", "start"})
"""What is done to a saga and leaves its steps to others."""
PUBLISH = frozenset({"seamline.events.publish", "seamline.events.outbox.publish"})


class Call(NamedTuple):
    """A place where a module calls an operation of another."""

    operation: str
    """Its address: `parcels/v1/send`."""
    kind: str
    """`query` or `command`."""
    caller: str
    path: str
    line: int
    within: tuple[str, ...]
    """The work that may reach it: `request`, `event`, `job`, `saga`, `task`, `call`, `command`, `audit`."""


class Told(NamedTuple):
    """An event that a module publishes."""

    event: str
    places: tuple[str, ...]
    """Each `path:line`."""
    heard_by: tuple[str, ...]


class Heard(NamedTuple):
    """An event of another module that one handles."""

    event: str
    told_by: str
    place: str


class Code(NamedTuple):
    """How much there is of a module."""

    files: int
    """Python, without tests and migrations."""
    lines: int
    test_files: int
    test_lines: int
    migrations: int


class Cost(NamedTuple):
    """All that crosses a module's border."""

    calls_out: tuple[Call, ...]
    calls_in: tuple[Call, ...]
    events_out: tuple[Told, ...]
    events_in: tuple[Heard, ...]
    code: Code


def cost(project: Project, module: str) -> Cost:
    """What would cross the network if a module left."""
    calls = crossings(project)
    return Cost(
        calls_out=tuple(call for call in calls if call.caller == module),
        calls_in=tuple(call for call in calls if _served_by(call) == module),
        events_out=tuple(_events_told(project, module)),
        events_in=tuple(_events_heard(project, module)),
        code=_code(project, module),
    )


@cache
def crossings(project: Project) -> tuple[Call, ...]:
    """Every place where a module calls another, by operation and place; tests left out."""
    return tuple(sorted(call for module in project.modules for call in _calls_of(project, module)))


def _served_by(call: Call) -> str:
    return call.operation.partition("/")[0].partition(".")[0]


def _calls_of(project: Project, module: str) -> Iterator[Call]:
    known = definitions.of_module(project, module)
    sources = (s for s in project.module_sources(module) if not s.is_test and not s.is_migration)
    calling = [(source, found) for source in sources if (found := contract_calls(project, source))]
    within = _within(project, module) if calling else {}
    for source, found in calling:
        for call in found:
            if owner_of_contract(call.contract.name) != module:
                words = {word for name in _holding(source, call.node, known) for word in within.get(name, ())}
                address = f"{_address(call.contract)}/{call.operation}"
                kind = call.contract.operations[call.operation]
                yield Call(address, kind, module, source.path, call.node.lineno, tuple(sorted(words)))


def _address(contract: Declared) -> str:
    facet = f".{contract.facet}" if contract.facet else ""
    return f"{owner_of_contract(contract.name)}{facet}/v{contract.version}"


def _holding(source: Source, node: ast.AST, known: definitions.Definitions) -> Iterator[str]:
    """The definitions at the top of a file that a node is in."""
    line = getattr(node, "lineno", 0)
    for found in known.all.values():
        if found.source is source and found.node.lineno <= line <= (found.node.end_lineno or 0):
            yield found.name


def _within(project: Project, module: str) -> dict[str, frozenset[str]]:
    """By definition: the work that may reach it, by calling it or by handing it on."""
    known = definitions.of_module(project, module)
    served = {name for contract in _declarations(project, module) for name in contract.operations}
    reached = {name: frozenset(_begins(module, found, served)) for name, found in known.all.items()}
    uses = {name: frozenset(_uses(found, known)) for name, found in known.all.items()}
    waiting = list(reached)
    while waiting:
        name = waiting.pop()
        for inner in uses[name]:
            if not reached[name] <= reached[inner]:
                reached[inner] |= reached[name]
                waiting.append(inner)
    return reached


def _declarations(project: Project, module: str) -> Iterator[Declared]:
    for name in project.manifests[module].serves:
        if found := project.declarations.get(name):
            yield found


def _begins(module: str, found: Definition, served: set[str]) -> Iterator[str]:
    room = found.source.name.removeprefix(module_package(module, "")).partition(".")[0]
    if room in ROOMS:
        yield ROOMS[room]
    elif found.name.rpartition(".")[2] in served and (room in ("queries", "service") or room[1:].isdecimal()):
        yield "call"


def _uses(found: Definition, known: definitions.Definitions) -> Iterator[str]:
    """The definitions that one names, of its own file or another."""
    nodes = [node for node in ast.walk(found.node) if isinstance(node, ast.Name | ast.Attribute)]
    later = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr in NOT_NOW]
    skipped = {id(node) for node in later} | {id(node.value) for node in later}
    for node in nodes:
        if id(node) not in skipped:
            dotted = found.source.qualified(node) or f"{found.source.name}.{ast.unparse(node)}"
            if used := known.holding(dotted):
                yield used.name
    if isinstance(found.node, ast.ClassDef):
        prefix = f"{found.name}."
        yield from (name for name in known.all if name.startswith(prefix))


def _events_told(project: Project, module: str) -> Iterator[Told]:
    places: dict[str, list[str]] = {}
    for source in project.module_sources(module):
        for name, call in source.calls():
            if name in PUBLISH and call.args and not source.is_test:
                made = call.args[0].func if isinstance(call.args[0], ast.Call) else call.args[0]
                places.setdefault(source.qualified(made) or "", []).append(f"{source.path}:{call.lineno}")
    for name, found in sorted(project.declarations.items()):
        if found.kind is Kind.EVENT and owner_of_contract(name) == module:
            hearers = (other for other, manifest in project.manifests.items() if name in manifest.subscribes)
            yield Told(name.rpartition(".")[2], tuple(places.get(name, ())), tuple(sorted(set(hearers) - {module})))


def _events_heard(project: Project, module: str) -> Iterator[Heard]:
    known = definitions.of_module(project, module)
    manifest = project.manifests[module]
    for name, line in sorted(manifest.subscribes.items()):
        teller = owner_of_contract(name) or ""
        if teller != module:
            event = name.rpartition(".")[2]
            handler = known.named(module_package(module, "handlers", handler_of(event)))
            place = f"{handler.source.path}:{handler.node.lineno}" if handler else f"{manifest.path}:{line}"
            yield Heard(event, teller, place)


def _code(project: Project, module: str) -> Code:
    sources = project.module_sources(module)
    tests = [source for source in sources if source.is_test]
    migrations = [s for s in sources if s.is_migration and not s.path.endswith("/__init__.py")]
    code = [source for source in sources if not source.is_test and not source.is_migration]
    return Code(len(code), _lines(project, code), len(tests), _lines(project, tests), len(migrations))


def _lines(project: Project, sources: list[Source]) -> int:
    return sum(len((project.root / source.path).read_text().splitlines()) for source in sources)
