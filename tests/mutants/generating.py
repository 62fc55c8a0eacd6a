"""The mutants of a module: what mutmut makes of those of its functions that a call of its contract reaches, or an event
that it handles.
"""

import ast
import importlib
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

from mutmut.mutation.file_mutation import create_mutations, deep_replace

from seamline.contract import Contract
from tests.processes import REPOSITORY

FILES = ("queries", "service")
"""Those that implement operations."""
HANDLERS = "handlers"


class Mutant(NamedTuple):
    """One small change to a file."""

    path: str
    """Of the file, from the repository."""
    line: int
    function: str
    before: str
    after: str
    source: str
    """The whole file, changed."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.function}: {_brief(self.before)} -> {_brief(self.after)}"


def mutants(module: str) -> list[Mutant]:
    """Make all that a call of the contract can run, or the delivery of an event."""
    paths = {name: REPOSITORY / "src/modules" / module / f"{name}.py" for name in (*FILES, HANDLERS)}
    reached = _reached(module, {name: ast.parse(path.read_text()) for name, path in paths.items() if path.exists()})
    return [
        mutant
        for name, path in paths.items()
        if path.exists()
        for mutant in _of_file(path)
        if (name, mutant.function) in reached
    ]


def _of_file(path: Path) -> Iterator[Mutant]:
    original = path.read_text()
    module, made, *_ = create_mutations(str(path), original)
    for mutation in made:
        function = mutation.contained_by_top_level_function
        if function is None:
            continue
        changed = deep_replace(module, mutation.original_node, mutation.mutated_node)
        source = changed.code
        before, after = original.splitlines(), source.splitlines()
        first = next(c for c in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes() if c[0] != "equal")
        spots = "\n".join(before[first[1] : first[2]]), "\n".join(after[first[3] : first[4]])
        yield Mutant(str(path.relative_to(REPOSITORY)), first[1] + 1, function.name.value, *spots, source)


def _reached(module: str, trees: dict[str, ast.Module]) -> set[tuple[str, str]]:
    """The functions that operations are, and those that they call in turn, by file and name."""
    functions = {
        (file, node.name): node
        for file, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }
    operations = _operations(module)
    waiting = [key for key in functions if key[1] in operations or key[0] == HANDLERS]
    reached: set[tuple[str, str]] = set()
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting += [called for called in _named(key[0], functions[key]) if called in functions]
    return reached


def _named(file: str, function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    for node in ast.walk(function):
        match node:
            case ast.Name(id=name):
                yield from ((each, name) for each in dict.fromkeys((file, *FILES)))
            case ast.Attribute(value=ast.Name(id=other), attr=name):
                yield other, name


def _operations(module: str) -> set[str]:
    contracts = vars(importlib.import_module(f"contracts.{module}")).values()
    classes = [each for each in contracts if isinstance(each, type)]
    served = [each for each in classes if issubclass(each, Contract) and each is not Contract]
    return {operation.name for contract in served for operation in contract.operations.values()}


def _brief(text: str) -> str:
    return " ".join(text.split())[:90]
