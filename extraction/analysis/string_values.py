"""Strings as they will be at run time, as far as a file writes them out: added up, formatted, joined, named."""

import ast
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from extraction.reading.layout import path_stem
from extraction.reading.source import Source

UNKNOWN = "…"
"""Stands for what is known only at run time."""
ALTERNATIVES = 50
"""Of more values that a name may have, the others are not looked at."""
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


def evaluate_string(source: Source, node: ast.AST | None) -> str | None:
    """Evaluate a string expression, with `…` for what is known only at run time; None where that is all of it."""
    return next(iter(evaluate_strings(source, node)), None)


def evaluate_strings(source: Source, node: ast.AST | None) -> tuple[str, ...]:
    """Evaluate a string expression to all that it may say: where names in it have several values, one for each."""
    return tuple(
        dict.fromkeys(evaluator.value for evaluator in _evaluators(source, node) if evaluator.value is not None)
    )


def _texts(source: Source) -> Iterator[Text]:
    seen: set[int] = set(source.prose)
    for node in source.nodes:  # from the outside in, so that what is put together comes before its parts
        if id(node) not in seen and isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Call):
            told = {}
            for evaluator in _evaluators(source, node):
                if evaluator.value is not None:
                    seen |= evaluator.parts
                    told[evaluator.value] = frozenset(evaluator.parts)
            yield from (Text(value, getattr(node, "lineno", 1), parts) for value, parts in told.items())


def _evaluators(source: Source, node: ast.AST | None) -> Iterator["Evaluator"]:
    first = Evaluator(source, node)
    yield first
    for name, count in first.open.items():
        yield from (Evaluator(source, node, {name: number}) for number in range(1, min(count, ALTERNATIVES)))


class Evaluator:
    """Tells what a string expression says; of a name with several values, it takes the one that is chosen."""

    def __init__(self, source: Source, node: ast.AST | None, chosen: Mapping[str, int] | None = None) -> None:
        self.source = source
        self.parts: set[int] = set()
        self.open: dict[str, int] = {}
        """Names that have several values, and how many."""
        self._chosen = chosen or {}
        self._naming: list[str] = []
        self.value = self.evaluate(node)

    def evaluate(self, node: ast.AST | None) -> str | None:
        value = self._evaluate(node)
        if value is not None and not self._naming:  # what a name stands for is a string of its own, where it is written
            self.parts.add(id(node))
        return value

    def _evaluate(self, node: ast.AST | None) -> str | None:
        match node:
            case ast.Constant(value=str(value)):
                return value
            case ast.JoinedStr(values=values):
                return "".join(self._or_unknown(value) for value in values)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return self.evaluate(value)
            case ast.Name(id=name):
                return self._constant(name)
            case ast.Attribute() | ast.Subscript():
                return self._path(node)
            case ast.BinOp(op=ast.Add()):
                return self._together("", [node.left, node.right])
            case ast.BinOp(op=ast.Div()):
                return self._together("/", [node.left, node.right])
            case ast.BinOp(op=ast.Mod(), left=left, right=right):
                given = right.elts if isinstance(right, ast.Tuple) else [right]
                return self._fill(self.evaluate(left), _PERCENT, given)
            case ast.Call():
                return self._call(node)
        return None

    def _call(self, node: ast.Call) -> str | None:
        function = self.source.qualified(node.func) or str(getattr(node.func, "id", ""))
        if handle := _FUNCTIONS.get(function):
            return handle(self, node.args)
        match node:
            case ast.Call(func=ast.Attribute(value=base, attr="format"), args=args, keywords=keywords):
                return self._fill(self.evaluate(base), _BRACES, [*args, *(keyword.value for keyword in keywords)])
            case ast.Call(func=ast.Attribute(value=base, attr="join"), args=[ast.Tuple() | ast.List() as given]):
                return self._together(self._or_unknown(base), given.elts)
            case ast.Call(func=ast.Attribute(value=base, attr="joinpath"), args=args):
                return self._together("/", [base, *args])
            case ast.Call(func=ast.Attribute(value=base, attr="glob"), args=[pattern]):
                return self._inside(self.evaluate(base), self._or_unknown(pattern))
            case ast.Call(func=ast.Attribute(value=base, attr="rglob"), args=[pattern]):
                return self._inside(self.evaluate(base), f"**/{self._or_unknown(pattern)}")
            case ast.Call(func=ast.Attribute(value=base, attr="with_name"), args=[name]):
                return self._inside(self._parent(base), self._or_unknown(name))
            case ast.Call(func=ast.Attribute(value=base, attr="iterdir")):
                return self._inside(self.evaluate(base), "*")
            case ast.Call(func=ast.Attribute(value=base, attr=method)) if method in SAME:
                return self.evaluate(base)
        return None

    def _path(self, node: ast.Attribute | ast.Subscript) -> str | None:
        """What is written as an attribute: where a file is, and what is above it."""
        match node:
            case ast.Attribute(value=base, attr="parent"):
                return self._parent(base)
            case ast.Subscript(value=ast.Attribute(value=base, attr="parents"), slice=ast.Constant(value=int(number))):
                path = self.evaluate(base)
                for _ in range(number + 1):
                    path = above(path)
                return path
        return _PLACES.get(self.source.qualified(node) or "")

    def _parent(self, node: ast.AST) -> str | None:
        return above(self.evaluate(node))

    def _inside(self, folder: str | None, name: str) -> str | None:
        return None if folder is None else f"{folder}/{name}"

    def _or_unknown(self, node: ast.AST) -> str:
        value = self.evaluate(node)
        return UNKNOWN if value is None else value

    def _together(self, between: str, nodes: list[ast.expr]) -> str | None:
        values = [self.evaluate(node) for node in nodes]
        known = any(value is not None for value in values)
        return between.join(UNKNOWN if value is None else value for value in values) if known else None

    def _fill(self, pattern: str | None, hole: re.Pattern[str], given: list[ast.expr]) -> str | None:
        values = iter(given)
        return None if pattern is None else hole.sub(lambda _: self._next(values), pattern)

    def _next(self, values: Iterator[ast.expr]) -> str:
        node = next(values, None)
        return UNKNOWN if node is None else self._or_unknown(node)

    def _constant(self, name: str) -> str | None:
        if name == "__file__":
            return self.source.path
        values = self.source.values.get(name)
        if values is None or name in self._naming:
            return None
        if len(values) > 1:
            self.open[name] = len(values)
        self._naming.append(name)
        value = self.evaluate(values[min(self._chosen.get(name, 0), len(values) - 1)])
        self._naming.pop()
        return value


def above(path: str | None) -> str | None:
    """The folder that a path is in."""
    if path is None or UNKNOWN in posixpath.basename(path):
        return None
    return posixpath.normpath(posixpath.join(path, ".."))


def _first_as_list(evaluator: Evaluator, arguments: list[ast.expr]) -> str | None:
    return evaluator._inside(evaluator.evaluate(arguments[0]), "*") if arguments else None


def _first(evaluator: Evaluator, arguments: list[ast.expr]) -> str | None:
    return evaluator.evaluate(arguments[0]) if arguments else None


def _package(evaluator: Evaluator, arguments: list[ast.expr]) -> str | None:
    name = _first(evaluator, arguments)
    return name and path_stem(name)


SAME = frozenset({"absolute", "as_posix", "expanduser", "resolve"})
"""Methods of a path that give the same path again."""
_PLACES = {"django.conf.settings.BASE_DIR": ".", "os.pardir": "..", "os.path.pardir": "..", "os.sep": "/"}
_FUNCTIONS: Mapping[str, Callable[[Evaluator, list[ast.expr]], str | None]] = {
    **dict.fromkeys(
        ("pathlib.Path", "pathlib.PosixPath", "pathlib.PurePath", "pathlib.PurePosixPath", "os.path.join"),
        lambda evaluator, arguments: evaluator._together("/", arguments),
    ),
    **dict.fromkeys(("os.listdir", "os.scandir", "os.walk", "os.fwalk"), _first_as_list),
    **dict.fromkeys(
        ("str", "glob.glob", "glob.iglob", "os.fspath", "os.path.abspath", "os.path.normpath", "os.path.realpath"),
        _first,
    ),
    "os.path.dirname": lambda evaluator, arguments: above(_first(evaluator, arguments)),
    "importlib.resources.files": _package,
}
