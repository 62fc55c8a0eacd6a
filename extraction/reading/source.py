"""One Python file, read and not run: its syntax tree, and what the names in it stand for."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple


class Import(NamedTuple):
    """One imported thing: `from a import b` imports `a.b`, which may be a module or something in `a`."""

    target: str
    module: str
    """The module that is surely imported: `a`."""
    line: int


class Use(NamedTuple):
    """A place where something imported is named."""

    target: str
    line: int


@dataclass(frozen=True)
class Source:
    """A Python file of the project."""

    path: str
    """From the root, with forward slashes."""
    name: str
    """Dotted: `modules.parcels.api`."""
    tree: ast.Module

    @property
    def is_test(self) -> bool:
        return "tests" in self.path.split("/") or Path(self.path).name == "conftest.py"

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.path.split("/")

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node, walked once for all who look."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Everything imported, anywhere in the file, also inside functions."""
        found: list[Import] = []
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found += [Import(alias.name, alias.name, node.lineno) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                found += [Import(f"{base}.{alias.name}", base, node.lineno) for alias in node.names]
        return tuple(found)

    @cached_property
    def names(self) -> dict[str, str]:
        """What each imported or defined name stands for: `models` is `django.db.models`."""
        names: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    names[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                names |= {alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names}
        for statement in self.tree.body:
            if isinstance(statement, ast.ClassDef | ast.FunctionDef):
                names[statement.name] = f"{self.name}.{statement.name}"
        return names | self._other_names(names)

    def _other_names(self, known: Mapping[str, str]) -> dict[str, str]:
        """Names that are given once, and something known: `load = importlib.import_module`."""
        names = dict(known)
        for name, (value, *more) in self.values.items():
            dotted = None if more or name in known else _dotted_name(value, names)
            if dotted:
                names[name] = dotted
        return names

    @cached_property
    def values(self) -> dict[str, tuple[ast.expr, ...]]:
        """Everything that a name is given in the file, also by a loop over what is written out; not where more may be.

        Names of arguments, of what a `with` opens, and of loops over what is known at run time are left out.
        """
        stored = Counter(n.id for n in self.nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
        stored.update(node.arg for node in self.nodes if isinstance(node, ast.arg))
        found: dict[str, list[ast.expr]] = {}
        given: Counter[str] = Counter()
        for node in self.nodes:
            for target, values in _assignments(node):
                if isinstance(target, ast.Name):
                    given[target.id] += 1
                    found.setdefault(target.id, []).extend(values)
        known = {name: values for name, values in found.items() if given[name] == stored[name]}
        listed = {
            name: [item for value in values for item in _items_of(value, known)] for name, values in known.items()
        }
        return {name: tuple(values) for name, values in listed.items() if values}

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Every imported thing that is named, by an import or by attributes of an imported module."""
        found = [Use(item.target, item.line) for item in self.imports]
        for node in self.nodes:
            if isinstance(node, ast.Attribute) and (target := self.qualified(node)):
                found.append(Use(target, node.lineno))
        return tuple(found)

    @cached_property
    def prose(self) -> frozenset[int]:
        """Ids of the string nodes that are docstrings, of the file, a class, a function or the field above them."""
        return frozenset(
            id(node.value) for node in self.nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        )

    def strings(self) -> Iterator[tuple[str, ast.Constant]]:
        """Every string that is not a docstring, also the fixed parts of f-strings."""
        for node in self.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in self.prose:
                yield node.value, node

    def assigned(self, name: str) -> Iterator[tuple[str, int]]:
        """Every string that is given to a name, with its line."""
        for node in self.nodes:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                yield text(node.value) or "", node.lineno

    def calls(self) -> tuple[tuple[str, ast.Call], ...]:
        """Every call whose function can be named, with its dotted name; one on a local name keeps that name."""
        return self._calls

    @cached_property
    def _calls(self) -> tuple[tuple[str, ast.Call], ...]:
        found = ((self.qualified(n.func) or _spelled(n.func), n) for n in self.nodes if isinstance(n, ast.Call))
        return tuple((name, call) for name, call in found if name)

    def qualified(self, node: ast.AST) -> str | None:
        """The dotted name an expression stands for, by the file's imports; None where that cannot be told."""
        return _dotted_name(node, self.names)

    def meanings(self, node: ast.AST, seen: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """Every dotted name that an expression may stand for: where it is looped over, one for each."""
        match node:
            case ast.Name(id=name) if name in self.values and name not in seen:
                parts: list[ast.expr] = list(self.values[name])
                return tuple(dotted for part in parts for dotted in self.meanings(part, seen | {name}))
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return tuple(dotted for part in parts for dotted in self.meanings(part, seen))
            case ast.Attribute(value=base, attr=name):
                return tuple(f"{dotted}.{name}" for dotted in self.meanings(base, seen))
            case ast.Call(func=ast.Name(id="getattr"), args=[base, attribute, *_]):
                named = self.values.get(getattr(attribute, "id", ""), (attribute,))
                return tuple(f"{dotted}.{text(name)}" for dotted in self.meanings(base, seen) for name in named)
        dotted = self.qualified(node)
        return (dotted,) if dotted else ()

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name.split(".") if self.path.endswith("/__init__.py") else self.name.split(".")[:-1]
        kept = package[: len(package) - node.level + 1]
        return ".".join([*kept, *([node.module] if node.module else [])])


def argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    """An argument of a call, by its place or its name."""
    if len(call.args) > position:
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def text(node: ast.AST | None) -> str | None:
    """The value of a string literal."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _dotted_name(node: ast.AST, names: Mapping[str, str]) -> str | None:
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case (
            ast.Attribute(value=base, attr=name)
            | ast.Call(func=ast.Name(id="getattr"), args=[base, ast.Constant(value=str(name)), *_])
        ):
            dotted = _dotted_name(base, names)
            return f"{dotted}.{name}" if dotted else None
    return None


def _assignments(node: ast.AST) -> Iterator[tuple[ast.expr, list[ast.expr]]]:
    """What is given a value by a node, with the values that it may be."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, [value]) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
            yield target, [value]
        case ast.For(target=target, iter=looped) | ast.comprehension(target=target, iter=looped):
            if isinstance(target, ast.Tuple):
                rows = [getattr(item, "elts", ()) for item in _items(looped)]
                yield from zip(target.elts, map(list, zip(*rows, strict=False)), strict=False)
            else:
                yield target, _items(looped) or [ast.Starred(looped)]


def _items_of(value: ast.expr, known: Mapping[str, list[ast.expr]]) -> list[ast.expr]:
    """The values that one stands for: those of the tuple with a name that is looped over."""
    if not isinstance(value, ast.Starred):
        return [value]
    return [item for given in known.get(getattr(value.value, "id", ""), ()) for item in _items(given)]


def _items(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else []


def _spelled(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = _spelled(node.value)
        return f"{base}.{node.attr}" if base else node.attr
    return None
