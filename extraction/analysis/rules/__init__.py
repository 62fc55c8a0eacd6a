"""Importing this package registers every rule in it."""

from extraction.analysis.rules import (
    caches,
    commands,
    contract_types,
    contracts,
    databases,
    imports,
    models,
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
    "commands",
    "contract_types",
    "contracts",
    "databases",
    "imports",
    "models",
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
