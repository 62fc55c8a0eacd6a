"""Types that cannot cross between modules: what the contract language refuses when a file is imported."""

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from extraction.analysis.annotations import Types, Untold
from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.reading.contract_files import classes, root
from extraction.reading.layout import LAYERS, owner_of_contract
from extraction.reading.project import Project
from extraction.reading.source import Source
from seamline.contract import BadContract
from seamline.contract.values import immutable

WORDS = frozenset({"module", "version", "facet"})
ERRORS = frozenset({"ContractError", "AvailabilityError"})


@rule
def bad_contracts(subject: Subject) -> Iterator[Finding]:
    """A contract, an event or an error that `seamline.contract` would refuse, or that says it is another module's."""
    yield from _bad(subject.project)


@cache
def _bad(project: Project) -> tuple[Finding, ...]:
    sources = project.sources(LAYERS["contracts"])
    types, known = Types(sources), classes(sources)
    found: list[Finding] = []
    for name, (source, node) in known.items():
        kind = root(name, known) if owner_of_contract(name) else None
        if kind == "Contract":
            found += _contract(types, source, node)
        elif kind == "Event":
            found += _event(types, source, node)
        elif kind in ERRORS:
            found += _fields(types, source, node)
    return tuple(found)


def _contract(types: Types, source: Source, node: ast.ClassDef) -> Iterator[Finding]:
    yield from _identity(source, node)
    for function in node.body:
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("_"):
            where = f"{node.name}.{function.name}"
            words = {ast.unparse(d).partition("(")[0].rpartition(".")[2] for d in function.decorator_list}
            if not words & {"query", "command"}:
                reason = "is neither a query nor a command; decorate it with @query or @command"
                yield _finding(source, function, where, reason)
            if function.returns is None:
                yield _finding(source, function, where, "says not what it returns; annotate it, with None if nothing")
            else:
                yield from _crossing(types, source, function.returns, f"{where}: what it returns")
            yield from _arguments(types, source, function, where)


def _identity(source: Source, node: ast.ClassDef) -> Iterator[Finding]:
    """Whose contract it says it is."""
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    home = owner_of_contract(f"{source.name}.{node.name}")
    module = given.get("module")
    unknown = sorted(str(word) for word in given if word not in (*WORDS, None))
    if unknown:
        reason = f"a contract has no {unknown[0]}=; it has module=, version= and facet="
        yield _finding(source, node, node.name, reason)
    elif module is None and None not in given:
        reason = f"says not whose it is; write class {node.name}(Contract, module={home!r}, version=1)"
        yield _finding(source, node, node.name, reason)
    elif isinstance(module, ast.Constant) and module.value != home:
        reason = f"says module={module.value!r} in the file of {home}; write module={home!r}, or move it"
        yield _finding(source, node, node.name, reason)


def _arguments(types: Types, source: Source, function: ast.FunctionDef, where: str) -> Iterator[Finding]:
    given = function.args
    starred = [(f"*{a.arg}", a) for a in [given.vararg] if a] + [(f"**{a.arg}", a) for a in [given.kwarg] if a]
    for shown, argument in (*starred, *((a.arg, a) for a in (*given.posonlyargs[1:], *given.kwonlyargs))):
        shown = f"{shown}: {ast.unparse(argument.annotation)}" if argument.annotation else shown
        yield _finding(source, argument, where, f"{shown} has no fixed place; list every argument by name")
    named = given.args if given.posonlyargs else given.args[1:]
    defaults = [None] * (len(given.posonlyargs) + len(given.args) - len(given.defaults)) + given.defaults
    for argument, default in zip(named, defaults[-len(named) :] if named else (), strict=True):
        if argument.annotation is None:
            reason = f"argument {argument.arg} has no type; annotate it"
            yield _finding(source, argument, where, reason)
        else:
            about = f"{where}: argument {argument.arg}"
            yield from _crossing(types, source, argument.annotation, about)
            yield from _default(types, source, argument.annotation, default, about)


def _default(
    types: Types, source: Source, annotation: ast.expr, default: ast.expr | None, about: str
) -> Iterator[Finding]:
    try:
        value, kind = ast.literal_eval(default) if default else None, types.of(source, annotation)
        if default:
            msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        reason = f"its default {value!r} does not fit: {error}"
        yield _finding(source, annotation, about, f"{reason}; write one of its type")
    except (Untold, ValueError, TypeError):
        return


def _event(types: Types, source: Source, node: ast.ClassDef) -> Iterator[Finding]:
    key = next((keyword.value for keyword in node.keywords if keyword.arg == "key"), None)
    if key is None:
        reason = f"names no ordering key; write class {node.name}(Event, key='…')"
        yield Finding(source.path, node.lineno, "contract", *_split(f"{node.name} {reason}"))
    elif isinstance(key, ast.Constant) and key.value not in _inherited_fields(types, source, node):
        reason = f"{node.name} has no field {key.value!r} to order it by; name one that it has"
        yield Finding(source.path, node.lineno, "contract", *_split(reason))
    yield from _fields(types, source, node)


def _inherited_fields(types: Types, source: Source, node: ast.ClassDef) -> tuple[str, ...]:
    made = types.of(source, ast.Name(node.name))
    return getattr(made, "__struct_fields__", ())


def _fields(types: Types, source: Source, node: ast.ClassDef) -> Iterator[Finding]:
    for name, (statement, kind) in types.fields(source, node).items():
        yield from _objection(source, statement, kind, f"{node.name}.{name}")


def _crossing(types: Types, source: Source, annotation: ast.expr, about: str) -> Iterator[Finding]:
    try:
        kind = types.of(source, annotation)
    except Untold:
        return
    yield from _objection(source, annotation, kind, about)


def _objection(source: Source, node: ast.AST, kind: Any, about: str) -> Iterator[Finding]:
    try:
        immutable(type(None) if kind is None else kind, about)
    except BadContract as bad:
        yield Finding(source.path, getattr(node, "lineno", 1), "contract", *_split(str(bad)))


def _finding(source: Source, node: ast.AST, where: str, reason: str) -> Finding:
    return Finding(source.path, getattr(node, "lineno", 1), "contract", *_split(f"{where}: {reason}"))


def _split(reason: str) -> tuple[str, str]:
    """What is wrong, and what to write."""
    message, _, fix = reason.partition("; ")
    return message, fix or "use a type that cannot be changed"
