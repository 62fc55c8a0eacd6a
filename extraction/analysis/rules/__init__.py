"""Importing this package registers every rule in it."""

from extraction.analysis.rules import (
    caches,
    contract_types,
    contracts,
    databases,
    imports,
    names,
    relations,
    requirements,
    settings,
    signals,
    sql,
    state,
    strings,
    transactions,
)

__all__ = [
    "caches",
    "contract_types",
    "contracts",
    "databases",
    "imports",
    "names",
    "relations",
    "requirements",
    "settings",
    "signals",
    "sql",
    "state",
    "strings",
    "transactions",
]
