"""Contract calls, found where they are written: `call(Ink).mix(…)`."""

import ast
from functools import cache
from typing import NamedTuple

from extraction.reading.contract_files import Declared
from extraction.reading.project import Project
from extraction.reading.source import Source, argument

CALL = frozenset({"seamline.calls.call", "seamline.calls.proxy.call"})


class ContractCall(NamedTuple):
    """An operation of a contract, named by the file that calls it."""

    contract: Declared
    operation: str
    node: ast.Attribute


@cache
def contract_calls(project: Project, source: Source) -> tuple[ContractCall, ...]:
    """The calls in a file, by proxies that are used at once or given a name before."""
    if CALL.isdisjoint(source.names.values()) and not any(use.target in CALL for use in source.uses):
        return ()
    named = _named_proxies(project, source)
    return tuple(
        ContractCall(contract, node.attr, node)
        for node in source.nodes
        if isinstance(node, ast.Attribute)
        and (contract := _contract_of_proxy(project, source, node.value) or named.get(ast.unparse(node.value)))
        and node.attr in contract.operations
    )


def _contract_of_proxy(project: Project, source: Source, node: ast.AST) -> Declared | None:
    """The contract, where an expression is `call(Contract)`."""
    if not isinstance(node, ast.Call) or source.qualified(node.func) not in CALL:
        return None
    contract = argument(node, 0, "contract")
    return project.declarations.get(source.qualified(contract) or "") if contract else None


def _named_proxies(project: Project, source: Source) -> dict[str, Declared]:
    """Names that stand for one proxy and nothing else in the file: `ink = call(Ink)`, `self.ink = call(Ink)`."""
    found: dict[str, list[Declared | None]] = {}
    for node in source.nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found.setdefault(ast.unparse(target), []).append(_contract_of_proxy(project, source, node.value))
    return {name: first for name, [first, *others] in found.items() if first and not others}
