"""What the reference finds in the code: its calls, by its syntax, and the docstrings of what it declares."""

import ast
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[3]
SOURCES = ("src/seamline", "src/modules", "src/config")


class Incomplete(Exception):
    """Something that is declared and described nowhere, or described and declared nowhere."""


@dataclass(frozen=True)
class Call:
    """A call in the code."""

    path: str
    node: ast.Call
    function: ast.FunctionDef | None
    """What it stands in."""

    @property
    def name(self) -> str:
        """The function that is called, as it is written: `log.warning`."""
        return ast.unparse(self.node.func)


@cache
def calls() -> tuple[Call, ...]:
    """Find every call in the runtime, the modules and the configuration, tests apart."""
    found: list[Call] = []
    for source in SOURCES:
        for path in sorted((REPOSITORY / source).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.parts):
                name = path.relative_to(REPOSITORY).as_posix()
                found += (Call(name, *each) for each in _calls(ast.parse(path.read_text()), None))
    return tuple(found)


def _calls(node: ast.AST, within: ast.FunctionDef | None) -> Iterator[tuple[ast.Call, ast.FunctionDef | None]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child, within
        yield from _calls(child, child if isinstance(child, ast.FunctionDef) else within)


def texts(node: ast.expr) -> list[str]:
    """List the texts that an argument may be: one, or one of two where a condition decides."""
    return [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def field_texts(declared: type) -> dict[str, str]:
    """Read what is written below the fields of a class, which Python does not keep."""
    body = ast.parse(dedent(inspect.getsource(declared))).body[0]
    inside = getattr(body, "body", [])
    found = {}
    for field, below in pairwise(inside):
        if isinstance(below, ast.Expr) and (text := texts(below.value)):
            target: Any = field.target if isinstance(field, ast.AnnAssign) else getattr(field, "targets", [None])[0]
            if isinstance(target, ast.Name):
                found[target.id] = " ".join(text[0].split())
    return found


def field_types(declared: type) -> dict[str, str]:
    """Read the types of a class's fields as they are written, by the names that they have in its file."""
    inside = getattr(ast.parse(dedent(inspect.getsource(declared))).body[0], "body", [])
    fields = (each for each in inside if isinstance(each, ast.AnnAssign))
    return {ast.unparse(each.target): ast.unparse(each.annotation) for each in fields}


def signature(function: object) -> str:
    """Write how a method is called, with its types as they are written."""
    written: Any = ast.parse(dedent(inspect.getsource(function))).body[0]  # type: ignore[arg-type]
    arguments = written.args
    arguments.args = arguments.args[1:]
    return f"{written.name}({ast.unparse(arguments)}) -> {ast.unparse(written.returns)}"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write a table of Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: object) -> str:
    """Write it as code."""
    return f"`{text}`"
