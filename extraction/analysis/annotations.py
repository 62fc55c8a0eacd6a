"""The types that contract files name, made again from what is written there: nothing of the project is run.

They are enough for `seamline.contract` to say whether values of them can cross between modules.
"""

import ast
import enum
import pydoc
import typing
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, NewType, Union

import msgspec

from extraction.reading.layout import LANGUAGE
from extraction.reading.source import Source
from seamline import contract
from seamline.contract import AwareDatetime

LIBRARIES = frozenset(
    {"builtins", "collections", "datetime", "decimal", "enum", "fractions", "msgspec", "types", "typing", "uuid"}
)
"""Where types are looked up, as loading these does nothing."""


class Untold(Exception):
    """What an annotation stands for cannot be told without running the file."""


class Types:
    """Types by the names that contract files know them by."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self._sources: Mapping[str, Source] = {source.name: source for source in sources}
        self._made: dict[str, Any] = {}

    def of(self, source: Source, node: ast.expr) -> Any:
        """The type that an annotation in a file stands for. Raises `Untold`."""
        match node:
            case ast.Constant(value=None):
                return None
            case ast.Constant(value=value) if value is Ellipsis:
                return ...
            case ast.Constant(value=str(text)):
                return self.of(source, _parse(text))
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return Union[self.of(source, left), self.of(source, right)]  # noqa: UP007  of types told at run time
            case ast.Subscript(value=value, slice=inner):
                given = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                return self._evaluate_subscript(source, self.of(source, value), given)
            case ast.Name() | ast.Attribute():
                return self._evaluate_name(source.qualified(node) or self._local(source, node))
            case ast.Call(func=func, args=[_, alike]) if source.qualified(func) == "typing.NewType":
                return NewType("New", self.of(source, alike))
        raise Untold

    def fields(self, source: Source, node: ast.ClassDef) -> dict[str, tuple[ast.AnnAssign, Any]]:
        """The fields that a class declares itself, with their types; without those whose type cannot be told."""
        found = {}
        for statement in node.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                    try:
                        kind = self.of(source, annotation)
                    except Untold:
                        continue
                    if typing.get_origin(kind) is not ClassVar and kind is not ClassVar:
                        found[name] = statement, kind
        return found

    def _evaluate_subscript(self, source: Source, base: Any, given: list[ast.expr]) -> Any:
        if base is Literal:
            return Literal[tuple(_literal(item) for item in given)]
        first, *others = given
        if base is typing.Annotated:
            inner = self.of(source, first)
            return AwareDatetime if inner is datetime and any(map(_has_zone, others)) else inner
        if base is ClassVar:
            return ClassVar
        try:
            return base[tuple(self.of(source, item) for item in given)]
        except TypeError:
            raise Untold from None

    def _local(self, source: Source, node: ast.expr) -> str:
        known = isinstance(node, ast.Name) and _alias(source, node.id) is not None
        return f"{source.name if known else 'builtins'}.{ast.unparse(node)}"

    def _evaluate_name(self, dotted: str) -> Any:
        holder, _, name = dotted.rpartition(".")
        if dotted in self._made:
            return self._made[dotted]
        if holder.startswith(LANGUAGE) and hasattr(contract, name):
            return getattr(contract, name)
        if source := self._sources.get(holder):
            return self._evaluate_definition(source, name)
        found = pydoc.locate(dotted) if dotted.partition(".")[0] in LIBRARIES else None
        if found is None:
            raise Untold
        return found

    def _evaluate_definition(self, source: Source, name: str) -> Any:
        dotted = f"{source.name}.{name}"
        self._made[dotted] = str  # a type that refers to itself is no worse for that
        if alias := _alias(source, name):
            self._made[dotted] = self.of(source, alias)
        elif node := next((n for n in source.tree.body if isinstance(n, ast.ClassDef) and n.name == name), None):
            self._made[dotted] = self._class(source, node)
        elif source.names.get(name, dotted) != dotted:
            self._made[dotted] = self._evaluate_name(source.names[name])
        else:
            raise Untold
        return self._made[dotted]

    def _class(self, source: Source, node: ast.ClassDef) -> Any:
        bases = [base for base in map(self._base(source), node.bases) if isinstance(base, type)]
        if any(issubclass(base, enum.Enum) for base in bases):
            values = [s.value for s in node.body if isinstance(s, ast.Assign)]
            return enum.Enum(node.name, {f"MEMBER_{number}": _literal(value) for number, value in enumerate(values)})
        structs = [base for base in bases if issubclass(base, msgspec.Struct)]
        if structs:
            frozen = any(k.arg == "frozen" and getattr(k.value, "value", None) is True for k in node.keywords)
            frozen = frozen or any(base.__struct_config__.frozen for base in structs)
            hints = {n: h for base in structs for n, h in typing.get_type_hints(base, include_extras=True).items()}
            hints = {n: h for n, h in hints.items() if typing.get_origin(h) is not ClassVar}
            hints |= {name: kind for name, (_, kind) in self.fields(source, node).items()}
            return msgspec.defstruct(node.name, list(hints.items()), frozen=frozen)
        plain = [base for base in bases if base in (str, int, float, bytes, tuple, frozenset, list, dict, set)]
        return type(node.name, tuple(plain[:1]), {})

    def _base(self, source: Source) -> Any:
        def told(node: ast.expr) -> Any:
            try:
                return self.of(source, node)
            except Untold:
                return None

        return told


def _alias(source: Source, name: str) -> ast.expr | None:
    """The expression that a name at the top of the file is given: `Weight = Annotated[str, …]`."""
    for node in source.tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return getattr(node, "value", None)
    return None


def _has_zone(note: ast.expr) -> bool:
    keywords = note.keywords if isinstance(note, ast.Call) else []
    return any(k.arg == "tz" and isinstance(k.value, ast.Constant) and k.value.value is True for k in keywords)


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise Untold from None


def _parse(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        raise Untold from None
