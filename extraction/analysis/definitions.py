"""What a module defines, and which of it a name or a call in its files stands for, over all of them."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from extraction.reading.project import Project
from extraction.reading.source import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef
DEFERRED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Definition(NamedTuple):
    """A function, a class, or a name that is given a value, at the top of a file; or a method."""

    name: str
    """Dotted: `modules.parcels.service.send`."""
    source: Source
    node: ast.stmt


class Definitions:
    """The definitions in some files, found by their names."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self.all: dict[str, Definition] = {d.name: d for source in sources for d in _definitions(source)}
        self._sources: Mapping[str, Source] = {source.name: source for source in sources}
        self._functions = {source.name: _by_bare_name(source) for source in sources}

    def named(self, dotted: str) -> Definition | None:
        """What a dotted name stands for; also where a file only passes it on by importing it."""
        passed_on: set[str] = set()
        while dotted not in self.all and dotted not in passed_on:
            passed_on.add(dotted)
            parent, _, last = dotted.rpartition(".")
            dotted = self._sources[parent].names.get(last, "") if parent in self._sources else ""
        return self.all.get(dotted)

    def holding(self, dotted: str) -> Definition | None:
        """What a dotted name stands for, or is an attribute of."""
        while dotted:
            if found := self.named(dotted):
                return found
            dotted = dotted.rpartition(".")[0]
        return None

    def called(self, source: Source, call: ast.Call) -> Definition | None:
        """The function or method that a call is of, where it can be told."""
        match call.func:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                return self._functions[source.name].get(name)
            case ast.Name(id=name) if found := self._functions[source.name].get(name):
                return found
        dotted = source.qualified(call.func)
        found = self.named(dotted) if dotted else None
        return found if found and isinstance(found.node, Function) else None


@cache
def of_module(project: Project, module: str) -> Definitions:
    """What a module defines, its tests left out."""
    return Definitions(tuple(s for s in project.module_sources(module) if not s.is_test and not s.is_migration))


def immediate(block: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a block that run when it does; not what a function defined in it, or a lambda, does later."""
    waiting = list(ast.iter_child_nodes(block))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, DEFERRED):
            waiting += ast.iter_child_nodes(node)


def _definitions(source: Source) -> Iterator[Definition]:
    for node in source.tree.body:
        for name in _names(node):
            yield Definition(f"{source.name}.{name}", source, node)
        if isinstance(node, ast.ClassDef):
            methods = (inner for inner in node.body if isinstance(inner, Function))
            yield from (Definition(f"{source.name}.{node.name}.{m.name}", source, m) for m in methods)


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _by_bare_name(source: Source) -> dict[str, Definition]:
    """The file's functions and methods, nested ones too, but for names that could be one or another."""
    found = [node for node in source.nodes if isinstance(node, Function)]
    times = Counter(function.name for function in found)
    return {f.name: Definition(f"{source.name}.{f.name}", source, f) for f in found if times[f.name] == 1}
