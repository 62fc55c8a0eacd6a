"""Importing this package registers every rule in it."""

from extraction.analysis.rules import (
    contracts,
    databases,
    imports,
    relations,
    requirements,
    settings,
    signals,
    sql,
    strings,
    transactions,
)

__all__ = [
    "contracts",
    "databases",
    "imports",
    "relations",
    "requirements",
    "settings",
    "signals",
    "sql",
    "strings",
    "transactions",
]
