"""Whether a function surely only reads: then it is a query. Whatever may have an effect is a command."""

import ast
import builtins
from collections.abc import Mapping

from extraction.survey.index import Index
from extraction.survey.inference import QUERY_METHODS
from extraction.survey.syntax import Function, Module

_WRITING = frozenset(
    [
        "create",
        "get_or_create",
        "update_or_create",
        "bulk_create",
        "bulk_update",
        "update",
        "delete",
        "add",
        "set",
        "remove",
        "clear",
        "acreate",
        "save",
        "raw",
        "select_for_update",
    ]
)
_READING = (QUERY_METHODS - _WRITING) | frozenset(
    [
        "items",
        "keys",
        "join",
        "split",
        "strip",
        "lower",
        "upper",
        "format",
        "startswith",
        "endswith",
        "replace",
        "isoformat",
        "strftime",
        "quantize",
        "append",
        "total_seconds",
        "date",
        "append",
        "extend",
        "get_full_name",
    ]
)
_PURE = ("django.db.models", "datetime", "decimal", "uuid", "django.utils", "itertools", "functools", "math")
_DEPTH = 6

Functions = Mapping[str, tuple[Module, Function]]
"""Functions of the app, by their dotted names."""


def only_reads(index: Index, functions: Functions, dotted: str, depth: int = 0) -> bool:
    """Tell whether neither a function nor what it calls can have an effect, as far as that can be seen."""
    if dotted not in functions or depth > _DEPTH:
        return False
    module, node = functions[dotted]
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store):
            return False
        if isinstance(part, ast.Global | ast.Await | ast.Delete | ast.Yield):
            return False
        if isinstance(part, ast.Call) and not _is_harmless(index, functions, module, part, depth):
            return False
    return True


def _is_harmless(index: Index, functions: Functions, module: Module, call: ast.Call, depth: int) -> bool:
    if isinstance(call.func, ast.Name) and call.func.id not in module.names:
        return hasattr(builtins, call.func.id) and call.func.id not in ("exec", "eval", "setattr", "open", "print")
    name = module.qualified(call.func)
    if name:
        target = index.canonical(name)
        if target in functions:
            return only_reads(index, functions, target, depth + 1)
        if name.startswith(_PURE):
            return True
    return isinstance(call.func, ast.Attribute) and call.func.attr in _READING
