"""The rules, a file for each kind of coupling."""

from extraction.survey.rules import (
    accessors,
    imports,
    inheritance,
    lookups,
    migrations,
    model_names,
    relations,
    signals,
    sql,
    templates,
    transactions,
    urls,
)
from extraction.survey.rules.registry import RULES, Place, Subject, collect_all, resolve_all

__all__ = [
    "RULES",
    "Place",
    "Subject",
    "accessors",
    "collect_all",
    "imports",
    "inheritance",
    "lookups",
    "migrations",
    "model_names",
    "relations",
    "resolve_all",
    "signals",
    "sql",
    "templates",
    "transactions",
    "urls",
]
