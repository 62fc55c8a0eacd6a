"""One Python file as a syntax tree: what its names stand for, and in which scope each thing stands."""

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from extraction.survey.dialects import parse
from extraction.survey.tree import is_migration

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True, eq=False)
class Scope:
    """A file, a class or a function, and what it stands in."""

    node: ast.Module | ast.ClassDef | Function
    parent: "Scope | None" = None
    for_types: bool = False

    @property
    def function(self) -> Function | None:
        """The function around, if any."""
        scope: Scope | None = self
        while scope and not isinstance(scope.node, Function):
            scope = scope.parent
        return scope.node if scope and isinstance(scope.node, Function) else None

    @property
    def class_(self) -> ast.ClassDef | None:
        """The class around, if any."""
        scope: Scope | None = self
        while scope and not isinstance(scope.node, ast.ClassDef):
            scope = scope.parent
        return scope.node if scope and isinstance(scope.node, ast.ClassDef) else None


@dataclass(eq=False)
class Module:
    """A Python file, parsed."""

    path: str
    name: str
    tree: ast.Module
    imports: list[tuple[ast.Import | ast.ImportFrom, Scope]] = field(default_factory=list)
    calls: list[tuple[ast.Call, Scope]] = field(default_factory=list)
    attributes: list[tuple[ast.Attribute, Scope]] = field(default_factory=list)
    classes: list[tuple[ast.ClassDef, Scope]] = field(default_factory=list)
    functions: list[tuple[Function, Scope]] = field(default_factory=list)
    assignments: list[tuple[ast.Assign | ast.AnnAssign, Scope]] = field(default_factory=list)
    withs: list[tuple[ast.With | ast.AsyncWith, Scope]] = field(default_factory=list)
    strings: list[ast.Constant | ast.JoinedStr] = field(default_factory=list)
    parents: dict[int, ast.AST] = field(default_factory=dict)

    @classmethod
    def parse(cls, path: str, name: str, text: bytes) -> "Module":
        """Parse a file's bytes. Raises SyntaxError, ValueError, RecursionError or MemoryError."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = cls(path, name, parse(text))
        module._walk()
        return module

    @property
    def is_migration(self) -> bool:
        return is_migration(self.path)

    def _walk(self) -> None:
        waiting: list[tuple[ast.AST, Scope]] = [(self.tree, Scope(self.tree))]
        while waiting:
            node, scope = waiting.pop()
            self._keep(node, scope)
            children = [child for child in ast.iter_child_nodes(node) if not _is_told_already(node, child)]
            inner = self._inner(node, scope)
            guarded: list[ast.AST] = [*node.body] if isinstance(node, ast.If) and _is_type_checking(node.test) else []
            for child in reversed(children):
                self.parents[id(child)] = node
                waiting.append((child, Scope(scope.node, scope.parent, True) if child in guarded else inner))

    def _inner(self, node: ast.AST, scope: Scope) -> Scope:
        return Scope(node, scope, scope.for_types) if isinstance(node, ast.ClassDef | Function) else scope

    def _keep(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self.imports.append((node, scope))
            case ast.Call():
                self.calls.append((node, scope))
            case ast.Attribute():
                self.attributes.append((node, scope))
            case ast.ClassDef():
                self.classes.append((node, scope))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.functions.append((node, scope))
            case ast.Assign() | ast.AnnAssign():
                self.assignments.append((node, scope))
            case ast.With() | ast.AsyncWith():
                self.withs.append((node, scope))
            case ast.Constant(value=str()) | ast.JoinedStr():
                self.strings.append(node)

    @cached_property
    def names(self) -> dict[str, str]:
        """What each imported or defined name stands for: `models` is `django.db.models`."""
        names: dict[str, str] = {}
        for node, _ in self.imports:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    names[alias.asname or first] = alias.name if alias.asname else first
            else:
                base = self.absolute(node)
                names |= {alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names}
        for statement in self.tree.body:
            if isinstance(statement, ast.ClassDef | Function):
                names[statement.name] = f"{self.name}.{statement.name}"
        return names

    @cached_property
    def stars(self) -> tuple[str, ...]:
        """The modules of which everything is imported."""
        froms = [node for node, _ in self.imports if isinstance(node, ast.ImportFrom)]
        return tuple(self.absolute(node) for node in froms if any(alias.name == "*" for alias in node.names))

    @cached_property
    def constants(self) -> dict[str, str]:
        """Strings that names of the file stand for."""
        found: dict[str, str] = {}
        for statement in self.tree.body:
            if isinstance(statement, ast.Assign) and (value := text(statement.value)) is not None:
                found |= {target.id: value for target in statement.targets if isinstance(target, ast.Name)}
        return found

    def qualified(self, node: ast.AST | None) -> str | None:
        """The dotted name an expression stands for, by the file's imports; None where that cannot be told."""
        if isinstance(node, ast.Name):
            found = self.names.get(node.id)
            # A class that is written nowhere comes from `from … import *`; the index looks which of them has it.
            return f"{self.name}.{node.id}" if found is None and self.stars and node.id[:1].isupper() else found
        if isinstance(node, ast.Attribute):
            base = self.qualified(node.value)
            return f"{base}.{node.attr}" if base else None
        return None

    def spelled(self, node: ast.AST | None) -> str:
        """The dotted name of an expression by its imports, or as it is written; empty where it is none."""
        return self.qualified(node) or written(node)

    def string(self, node: ast.AST | None) -> str | None:
        """The string that an expression is, or that a name of the file stands for."""
        if isinstance(node, ast.Name):
            return self.constants.get(node.id)
        return text(node)

    def absolute(self, node: ast.ImportFrom) -> str:
        """The absolute name of what `from … import` names."""
        if not node.level:
            return node.module or ""
        package = self.name.split(".") if self.path.endswith("__init__.py") else self.name.split(".")[:-1]
        kept = package[: len(package) - node.level + 1]
        return ".".join([*kept, *([node.module] if node.module else [])])


def text(node: ast.AST | None) -> str | None:
    """The value of a string literal."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def strings(node: ast.AST | None) -> Iterator[ast.Constant]:
    """Yield the string literals that an expression is made of, one by one, lists and tuples opened."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        for item in node.elts:
            yield from strings(item.value if isinstance(item, ast.Starred) else item)
    elif isinstance(node, ast.BinOp):
        yield from strings(node.left)
        yield from strings(node.right)
    elif isinstance(node, ast.Dict):
        for key in node.keys:
            yield from strings(key)


def argument(call: ast.Call, position: int | None, *names: str) -> ast.expr | None:
    """An argument of a call, by its place or its name."""
    if position is not None and len(call.args) > position:
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg in names), None)


def written(node: ast.AST | None) -> str:
    """A dotted name as it is written."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{written(node.value)}.{node.attr}"
    return ""


def _is_told_already(node: ast.AST, child: ast.AST) -> bool:
    """Tell whether a child is a docstring, which says nothing to us, or a part of a string that is taken whole."""
    if isinstance(node, ast.JoinedStr):
        return isinstance(child, ast.Constant)
    return isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)


def _is_type_checking(test: ast.expr) -> bool:
    return written(test).rpartition(".")[2] == "TYPE_CHECKING"
