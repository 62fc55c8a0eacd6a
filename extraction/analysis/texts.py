"""Strings as they will be at run time, as far as a file writes them out: added up, formatted, joined, named."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from extraction.source import Source

UNKNOWN = "…"
"""Stands for what is known only at run time."""
PATHS = frozenset({"pathlib.Path", "pathlib.PurePath", "os.path.join"})
_PERCENT = re.compile(r"%(?:\(\w+\))?[srd]")
_BRACES = re.compile(r"\{[^{}]*\}")


class Text(NamedTuple):
    """A string that a file writes out, in one place or put together."""

    value: str
    line: int
    parts: frozenset[int]
    """Ids of the nodes it is made of."""


@cache
def texts(source: Source) -> tuple[Text, ...]:
    """Every string of a file that is not a docstring, each once, as long as it can be told."""
    return tuple(_texts(source))


def spelled(source: Source, node: ast.AST | None) -> str | None:
    """What a string expression says, with `…` for what is known only at run time; None where that is all of it."""
    return _Speller(source).spell(node)


def _texts(source: Source) -> Iterator[Text]:
    seen: set[int] = set(source.prose)
    for node in source.nodes:  # from the outside in, so that what is put together comes before its parts
        if id(node) not in seen and isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Call):
            speller = _Speller(source)
            value = speller.spell(node)
            if value is not None:
                seen |= speller.parts
                yield Text(value, getattr(node, "lineno", 1), frozenset(speller.parts))


@cache
def _constants(source: Source) -> dict[str, ast.expr]:
    """The values of names that are given one value in the file, anywhere."""
    stored = Counter(n.id for n in source.nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
    stored.update(node.arg for node in source.nodes if isinstance(node, ast.arg))
    found: dict[str, ast.expr] = {}
    for node in source.nodes:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.expr):
            found |= {t.id: value for t in targets if isinstance(t, ast.Name) and stored[t.id] == 1}
    return found


class _Speller:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.parts: set[int] = set()
        self._naming: set[str] = set()

    def spell(self, node: ast.AST | None) -> str | None:
        value = self._spell(node)
        if value is not None:
            self.parts.add(id(node))
        return value

    def _spell(self, node: ast.AST | None) -> str | None:
        match node:
            case ast.Constant(value=str(value)):
                return value
            case ast.JoinedStr(values=values):
                return "".join(self._or_unknown(value) for value in values)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return self.spell(value)
            case ast.Name(id=name):
                return self._constant(name)
            case ast.BinOp(op=ast.Add()):
                return self._together("", [node.left, node.right])
            case ast.BinOp(op=ast.Div()):
                return self._together("/", [node.left, node.right])
            case ast.BinOp(op=ast.Mod(), left=left, right=right):
                given = right.elts if isinstance(right, ast.Tuple) else [right]
                return self._filled(self.spell(left), _PERCENT, given)
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(pattern)) as base, attr="format")):
                self.spell(base)
                return self._filled(pattern, _BRACES, node.args)
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value=str(between)) as base, attr="join"), args=[given]
            ):
                if isinstance(given, ast.Tuple | ast.List):
                    self.spell(base)
                    return self._together(between, given.elts)
            case ast.Call(func=ast.Attribute(value=base, attr="joinpath"), args=args):
                return self._together("/", [base, *args])
            case ast.Call(func=func, args=args) if self.source.qualified(func) in PATHS:
                return self._together("/", args)
        return None

    def _or_unknown(self, node: ast.AST) -> str:
        value = self.spell(node)
        return UNKNOWN if value is None else value

    def _together(self, between: str, nodes: list[ast.expr]) -> str | None:
        values = [self.spell(node) for node in nodes]
        known = any(value is not None for value in values)
        return between.join(UNKNOWN if value is None else value for value in values) if known else None

    def _filled(self, pattern: str | None, hole: re.Pattern[str], given: list[ast.expr]) -> str | None:
        values = iter(given)
        return None if pattern is None else hole.sub(lambda _: self._next(values), pattern)

    def _next(self, values: Iterator[ast.expr]) -> str:
        node = next(values, None)
        return UNKNOWN if node is None else self._or_unknown(node)

    def _constant(self, name: str) -> str | None:
        value = _constants(self.source).get(name)
        if value is None or name in self._naming:
            return None
        self._naming.add(name)
        inner = _Speller(self.source)
        inner._naming = self._naming
        # The string that the name stands for is one of its own where it is written.
        return inner.spell(value)
