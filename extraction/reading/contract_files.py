"""What the contract files declare: which class is a contract, which an event. Read, not run."""

import ast
import enum
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from extraction.reading.layout import LANGUAGE, owner_of_contract
from extraction.reading.source import Source


class Kind(enum.Enum):
    """What a class in a contract file is."""

    CONTRACT = "Contract"
    EVENT = "Event"


class Declared(NamedTuple):
    """A contract or an event."""

    name: str
    """Dotted: `contracts.parcels.Parcels`."""
    kind: Kind
    operations: Mapping[str, str]
    """Of a contract: each operation with `query` or `command`."""
    version: int
    facet: str
    """Of a contract: which of its module's it is, where that has several."""


def declarations(sources: Iterable[Source]) -> dict[str, Declared]:
    """Every contract and event that the files declare, by dotted name."""
    known = classes(sources)
    found = {}
    for name, (_, node) in known.items():
        kind = next((kind for kind in Kind if kind.value == root(name, known)), None)
        if kind and owner_of_contract(name):
            found[name] = Declared(name, kind, _operations(node), _version(node), _facet(node))
    return found


def shared_words(sources: Iterable[Source]) -> frozenset[str]:
    """Name the contract files that declare no contract and no event: types alone, which are no module's."""
    sources = tuple(sources)
    speaking = {owner_of_contract(name) for name in declarations(sources)}
    return frozenset(name for source in sources if (name := owner_of_contract(source.name)) and name not in speaking)


Classes = Mapping[str, tuple[Source, ast.ClassDef]]


def classes(sources: Iterable[Source]) -> Classes:
    """Every class at the top of the files, by dotted name."""
    return {
        f"{source.name}.{node.name}": (source, node)
        for source in sources
        for node in source.tree.body
        if isinstance(node, ast.ClassDef)
    }


def root(name: str, known: Classes) -> str | None:
    """The word of the contract language that a class is derived from: `Contract`, `Event`, `ContractError`, `Value`."""
    if name.startswith(LANGUAGE):
        return name.rpartition(".")[2]
    if name not in known:
        return None
    source, node = known[name]
    bases = [source.qualified(base) for base in node.bases]
    return next((word for base in bases if base and (word := root(base, known))), None)


def _operations(node: ast.ClassDef) -> dict[str, str]:
    return {
        function.name: word
        for function in node.body
        if isinstance(function, ast.FunctionDef)
        for decorator in function.decorator_list
        if (word := ast.unparse(decorator).partition("(")[0].rpartition(".")[2]) in ("query", "command")
    }


def _version(node: ast.ClassDef) -> int:
    given = _keyword(node, "version")
    return given if isinstance(given, int) else 1


def _facet(node: ast.ClassDef) -> str:
    given = _keyword(node, "facet")
    return given if isinstance(given, str) else ""


def _keyword(node: ast.ClassDef, name: str) -> object:
    given = next((keyword.value for keyword in node.keywords if keyword.arg == name), None)
    return given.value if isinstance(given, ast.Constant) else None
