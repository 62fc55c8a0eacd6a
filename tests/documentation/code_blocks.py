"""Code that a page has its reader write: a new file, or parts of one that is there."""

import ast
from collections.abc import Iterator
from pathlib import Path


def write(path: Path, block: str) -> None:
    """Write a block into a file as a person would who reads it beside the file.

    What it defines takes the place of what has the same name there. What is new comes before what stands below it in
    the block, or last; what it imports comes first.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block)
        return
    text, nodes = path.read_text(), ast.parse(block).body
    for at, node in enumerate(nodes):
        new = _text(block, node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            text = _with_import(text, new)
        elif old := _same(text, node):
            text = text.replace(old, new, 1)
        elif later := next(filter(None, (_same(text, each) for each in nodes[at + 1 :])), ""):
            text = text.replace(later, f"{new}\n\n\n{later}", 1)
        else:
            text = f"{text.rstrip()}\n\n\n{new}\n"
    path.write_text(text)


def _same(text: str, node: ast.stmt) -> str:
    """Find what a file defines by the name of a statement; nothing where there is no such."""
    names = set(_names(node))
    return next((_text(text, each) for each in ast.parse(text).body if names & set(_names(each))), "")


def _with_import(text: str, new: str) -> str:
    first = next(each for each in ast.parse(text).body if isinstance(each, ast.Import | ast.ImportFrom))
    return text.replace(_text(text, first), f"{new}\n{_text(text, first)}", 1)


def _names(node: ast.stmt) -> Iterator[str]:
    """Name what a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (ast.unparse(target) for target in node.targets)


def _text(text: str, node: ast.stmt) -> str:
    """Return the lines of a statement, with its decorators."""
    begin = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
    return "\n".join(text.splitlines()[begin - 1 : node.end_lineno])
