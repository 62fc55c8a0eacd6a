"""Caches: what one module keeps there, no other may read, overwrite or throw away."""

import ast
import functools
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.analysis.string_values import UNKNOWN, evaluate_string, evaluate_strings
from extraction.reading.source import Source, argument

CACHE = "django.core.cache.cache"
CACHES = "django.core.cache.caches"
KEYED = frozenset(
    {"add", "decr", "decr_version", "delete", "get", "get_or_set", "has_key", "incr", "incr_version", "set", "touch"}
)
OF_MANY = frozenset({"delete_many", "get_many", "set_many"})
EMPTYING = frozenset({"clear", "delete_pattern", "flushall"})
REDIS = frozenset({"Redis", "StrictRedis", "from_url", "ConnectionPool", "Valkey"})
SHARED = ("django.conf.settings.",)


@rule
def shared_keys(subject: Subject) -> Iterator[Finding]:
    """A key of the common cache that does not begin with the module's name, and `clear()`, which spares nobody."""
    for source in subject.sources:
        for cache, method, node in _cache_calls(source):
            if cache == subject.module or source.is_test:
                continue
            if method in EMPTYING:
                message = "the cache of all modules is emptied"
                yield Finding(source.path, node.lineno, "cache", message, "delete the keys of your own")
            elif method in KEYED | OF_MANY:
                yield from _foreign_keys(subject, source, node, many=method in OF_MANY)


@rule
def other_caches(subject: Subject) -> Iterator[Finding]:
    """`caches["other"]`."""
    for source in subject.sources:
        for node in source.nodes:
            if isinstance(node, ast.Subscript):
                for name in {*_caches(source, node)} & subject.others:
                    message = f"the cache of {name} is opened"
                    yield Finding(
                        source.path, node.lineno, "cache", message, "ask the other module through its contract"
                    )


@rule
def common_redis(subject: Subject) -> Iterator[Finding]:
    """A Redis of everybody's: at an address written into the code, the default one, or the deployable's broker."""
    for source in subject.sources:
        for name, call in source.calls():
            library, _, what = name.rpartition(".")
            if library.partition(".")[0] in ("redis", "valkey") and what in REDIS and not source.is_test:
                values = [*call.args, *(keyword.value for keyword in call.keywords)]
                common = [v for v in values if (source.qualified(v) or "").startswith(SHARED)]
                written = [
                    v
                    for v in values
                    if "redis" in (evaluate_string(source, v) or "") or evaluate_string(source, v) == "localhost"
                ]
                if common or written or not values:
                    message = "a Redis that other modules may use as well"
                    fix = f"declare a Setting for its address, and read it with setting({subject.module!r}, …)"
                    yield Finding(source.path, call.lineno, "cache", message, fix)


def _cache_calls(source: Source) -> Iterator[tuple[str, str, ast.Call]]:
    """Calls of a cache's methods: the cache, the method (an asynchronous one by its other name), the call."""
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            method = node.func.attr
            known = method.removeprefix("a") if method.removeprefix("a") in KEYED | OF_MANY | EMPTYING else method
            yield from ((name, known, node) for name in _caches(source, node.func.value))
        elif isinstance(node, ast.Call) and (source.qualified(node.func) or "").startswith(f"{CACHE}."):
            method = (source.qualified(node.func) or "").rpartition(".")[2]
            yield "default", method, node


def _caches(source: Source, node: ast.AST, seen: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Which caches an expression may be, where it is any; also one that has a name, or is kept by an object."""
    if source.qualified(node) == CACHE:
        return ("default",)
    match node:
        case ast.Subscript(value=base, slice=inner) if source.qualified(base) == CACHES:
            return evaluate_strings(source, inner) or (UNKNOWN,)
        case ast.Name(id=name) if name in source.values and name not in seen:
            return tuple(found for value in source.values[name] for found in _caches(source, value, seen | {name}))
        case ast.Attribute() if (kept := _attribute_values(source).get(ast.unparse(node))) is not None:
            return _caches(source, kept, seen)
    return ()


@functools.cache
def _attribute_values(source: Source) -> dict[str, ast.expr]:
    """Attributes that are given a value: `self.cache = caches["default"]`."""
    return {
        ast.unparse(target): node.value
        for node in source.nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
    }


def _foreign_keys(subject: Subject, source: Source, call: ast.Call, *, many: bool) -> Iterator[Finding]:
    given = argument(call, 0, "keys" if many else "key")
    given = argument(call, 0, "data") if many and given is None else given
    listed = getattr(given, "keys", None) or getattr(given, "elts", None) if many else [given]
    for key in dict.fromkeys(key for item in listed or () for key in evaluate_strings(source, item)):
        if not key.startswith((UNKNOWN, *(f"{subject.module}{mark}" for mark in ":._-/"))):
            message = f"the key {key!r} of a cache that all modules share is not marked as {subject.module}'s"
            yield Finding(source.path, call.lineno, "cache", message, f"begin it with {subject.module + ':'!r}")
