"""Contracts and events: what is used is declared, and what is declared is used."""

import ast
import sys
from collections.abc import Iterator
from functools import cache

from extraction.analysis import definitions, signatures
from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.reading.contract_files import Declared, Kind, classes
from extraction.reading.layout import LAYERS, contract_file, module_package, owner_of_contract
from extraction.reading.project import Project
from extraction.reading.source import Source
from seamline.contract.names import handler_of
from seamline.contract.signatures import difference

PUBLISH = frozenset({"seamline.events.publish", "seamline.events.outbox.publish"})
ALLOWED = frozenset({"contracts", "msgspec"})
LANGUAGE = "seamline.contract"


@rule
def undeclared(subject: Subject) -> Iterator[Finding]:
    """A contract that is not in the manifest's `calls`, an event not in `subscribes`, or a type of neither's file."""
    manifest = subject.project.manifests[subject.module]
    declared = {**manifest.serves, **manifest.calls, **manifest.subscribes}
    related = {owner_of_contract(name) for name in declared} | {subject.module} | subject.project.shared_words
    for source, target, line in _foreign_uses(subject):
        found = _find_declared(subject, target)
        if found and found.name not in declared:
            room = "calls" if found.kind is Kind.CONTRACT else "subscribes"
            message = f"{found.name} is used, and not in the manifest's {room}"
            fix = f"add {found.name.rpartition('.')[2]} to {room} in {manifest.path}"
            yield Finding(source.path, line, "undeclared", message, fix)
        elif not found and owner_of_contract(target) not in related:
            message = f"{target} is of {owner_of_contract(target)}, which the manifest neither calls nor listens to"
            yield Finding(
                source.path, line, "undeclared", message, f"declare the contract in {manifest.path}, or do without"
            )


@rule
def misdeclared(subject: Subject) -> Iterator[Finding]:
    """What the manifest names has to be a contract or an event, and what it serves its own."""
    manifest = subject.project.manifests[subject.module]
    rooms = (("serves", Kind.CONTRACT), ("calls", Kind.CONTRACT), ("subscribes", Kind.EVENT))
    for room, kind in rooms:
        for name, line in getattr(manifest, room).items():
            found = subject.project.declarations.get(name)
            if found is None or found.kind is not kind:
                message = f"{name} is in {room}, and no {kind.value} of that name is declared in contracts/"
                yield Finding(manifest.path, line, "undeclared", message, f"declare it there, or remove it from {room}")
            elif room == "serves" and owner_of_contract(name) != subject.module:
                message = f"{name} is in serves, and {owner_of_contract(name)}'s"
                yield Finding(manifest.path, line, "undeclared", message, "serve only your own contracts")


@rule
def unused(subject: Subject) -> Iterator[Finding]:
    """A contract in `calls` that nothing calls, an event in `subscribes` that nothing handles."""
    manifest = subject.project.manifests[subject.module]
    used = {
        use.target
        for source in subject.sources
        if not source.is_test and source.path != manifest.path
        for use in source.uses
    }
    for name, line in manifest.calls.items():
        if name not in used:
            message = f"{name} is in calls, and never called"
            yield Finding(manifest.path, line, "unused", message, "remove it from calls")
    for name, line in manifest.subscribes.items():
        handler = handler_of(name.rpartition(".")[2])
        if handler not in _functions(subject, "handlers"):
            message = f"{name} is in subscribes, and handlers.py has no {handler}"
            yield Finding(
                manifest.path, line, "unused", message, f"define {handler}(event) there, or remove it from subscribes"
            )


@rule
def unserved(subject: Subject) -> Iterator[Finding]:
    """An operation of a contract that the module serves, and has no function for."""
    for name, operation, room in _operations(subject):
        if operation not in _functions(subject, room):
            kind = subject.project.declarations[name].operations[operation]
            line = subject.project.manifests[subject.module].serves[name]
            message = f"{name} has a {kind} {operation}, and {room}.py no function of that name"
            path = subject.project.manifests[subject.module].path
            yield Finding(path, line, "unserved", message, f"define {operation} in {room}.py")


@rule
def other_arguments(subject: Subject) -> Iterator[Finding]:
    """A function that takes other arguments than the contract it implements: the system would not start."""
    known = classes(subject.project.sources(LAYERS["contracts"]))
    for name, operation, room in _operations(subject):
        found = definitions.of_module(subject.project, subject.module).named(
            module_package(subject.module, room, operation)
        )
        source, node = known[name]
        promised = next(f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == operation)
        if found and isinstance(found.node, definitions.Function):
            there = signatures.arguments(subject.project, source, promised)[1:]
            here = signatures.arguments(subject.project, found.source, found.node)
            if told := difference(there, here):
                message = f"{operation} takes other arguments than {name.rpartition('.')[2]}.{operation}: {told}"
                yield Finding(found.source.path, found.node.lineno, "unserved", message, "make them the same")


def _operations(subject: Subject) -> Iterator[tuple[str, str, str]]:
    """Each operation that the module serves: its contract, its name, and the room that its function is in."""
    declarations = subject.project.declarations
    served = {
        name: declarations[name] for name in subject.project.manifests[subject.module].serves if name in declarations
    }
    for name, contract in served.items():
        newest = max(other.version for other in served.values() if other.facet == contract.facet)
        for operation, kind in contract.operations.items():
            room = "service" if kind == "command" else "queries"
            yield name, operation, room if contract.version == newest else f"v{contract.version}"


@rule
def borrowed_events(subject: Subject) -> Iterator[Finding]:
    """`publish(…)` of an event of another module's: facts are told by whom they are of."""
    for source in subject.sources:
        for name, call in source.calls():
            if name in PUBLISH and call.args and isinstance(call.args[0], ast.Call) and not source.is_test:
                event = source.qualified(call.args[0].func) or ""
                owner = owner_of_contract(event)
                if owner not in (None, subject.module):
                    message = f"{event} is published, which is {owner}'s to tell"
                    fix = f"declare an event in {contract_file(subject.module)}, or ask {owner}'s contract"
                    yield Finding(source.path, call.lineno, "undeclared", message, fix)


@rule
def plain_contracts(subject: Subject) -> Iterator[Finding]:
    """Contract files import the standard library, msgspec and the contract language, nothing else."""
    yield from _not_plain(subject.project)


@cache
def _not_plain(project: Project) -> tuple[Finding, ...]:
    return tuple(_foreign_imports(project))


def _foreign_imports(project: Project) -> Iterator[Finding]:
    for source in project.sources(LAYERS["contracts"]):
        for item in source.imports:
            plain = item.module.partition(".")[0] in ALLOWED | sys.stdlib_module_names
            if not plain and item.module != LANGUAGE and not item.module.startswith(f"{LANGUAGE}."):
                message = f"a contract imports {item.module}"
                fix = (
                    f"a contract is made of the standard library, msgspec and {LANGUAGE} alone: move this into a module"
                )
                yield Finding(source.path, item.line, "contract", message, fix)


def _foreign_uses(subject: Subject) -> Iterator[tuple[Source, str, int]]:
    """Everything of another module's contract file that is named, once for each line."""
    for source in subject.sources:
        if source.path != subject.project.manifests[subject.module].path:
            for target, line in sorted({(use.target, use.line) for use in source.uses}):
                if target.count(".") >= 2 and owner_of_contract(target) not in (None, subject.module):
                    yield source, target, line


def _find_declared(subject: Subject, target: str) -> Declared | None:
    """The contract or event that a dotted name is, or is an attribute of."""
    parts = target.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 2, -1))
    return next((found for name in names if (found := subject.project.declarations.get(name))), None)


def _functions(subject: Subject, room: str) -> frozenset[str]:
    """The functions that a room defines or imports."""
    package = module_package(subject.module, room)
    return frozenset(
        name
        for source in subject.sources
        if source.name == package
        for name in (*source.names, *(node.name for node in source.nodes if isinstance(node, ast.FunctionDef)))
    )
