"""Caches: what one module keeps there, no other may read, overwrite or throw away."""

import ast
from collections.abc import Iterator

from extraction.analysis.finding import Finding
from extraction.analysis.registry import Subject, rule
from extraction.analysis.texts import UNKNOWN, spelled
from extraction.source import Source, argument

CACHE = "django.core.cache.cache"
CACHES = "django.core.cache.caches"
KEYED = frozenset({"add", "decr", "delete", "get", "get_or_set", "has_key", "incr", "set", "touch"})
REDIS = frozenset({"Redis", "StrictRedis", "from_url", "ConnectionPool", "Valkey"})
SHARED = ("django.conf.settings.",)


@rule
def shared_keys(subject: Subject) -> Iterator[Finding]:
    """A key of the common cache that does not begin with the module's name, and `clear()`, which spares nobody."""
    for source in subject.sources:
        for node in source.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                method, alias = node.func.attr, _alias(source, node.func.value)
                if alias is None or alias == subject.module or source.is_test:
                    continue
                if method == "clear":
                    message = "the cache of all modules is emptied"
                    yield Finding(source.path, node.lineno, "cache", message, "delete the keys of your own")
                elif method in KEYED:
                    yield from _foreign_key(subject, source, node)


@rule
def other_caches(subject: Subject) -> Iterator[Finding]:
    """`caches["other"]`."""
    for source in subject.sources:
        for node in source.nodes:
            if isinstance(node, ast.Subscript) and _alias(source, node) in subject.others:
                message = f"the cache of {_alias(source, node)} is opened"
                yield Finding(source.path, node.lineno, "cache", message, "ask the other module through its contract")


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
                    v for v in values if "redis" in (spelled(source, v) or "") or spelled(source, v) == "localhost"
                ]
                if common or written or not values:
                    message = "a Redis that other modules may use as well"
                    fix = f"declare a Setting for its address, and read it with setting({subject.module!r}, …)"
                    yield Finding(source.path, call.lineno, "cache", message, fix)


def _alias(source: Source, node: ast.expr) -> str | None:
    """Which cache an expression is, where it is one."""
    if source.qualified(node) == CACHE:
        return "default"
    if isinstance(node, ast.Subscript) and source.qualified(node.value) == CACHES:
        return spelled(source, node.slice)
    return None


def _foreign_key(subject: Subject, source: Source, call: ast.Call) -> Iterator[Finding]:
    key = spelled(source, argument(call, 0, "key"))
    own = key is None or key.startswith((UNKNOWN, *(f"{subject.module}{mark}" for mark in ":._-/")))
    if not own:
        message = f"the key {key!r} of a cache that all modules share is not marked as {subject.module}'s"
        yield Finding(source.path, call.lineno, "cache", message, f"begin it with {subject.module + ':'!r}")
