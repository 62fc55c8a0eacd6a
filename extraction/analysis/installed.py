"""Which classes of installed distributions are models with tables of their own: read, and not imported."""

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from extraction.reading.source import Source

_BASE = frozenset({"django.db.models.Model", "django.db.models.base.Model"})


def is_model(dotted: str) -> bool:
    """Whether a dotted name is of a model that has a table."""
    found = _class(dotted)
    return found is not None and _derives(*found) and not _is_abstract(found[1])


def has_models(application: str) -> bool:
    """Whether a Django application, named as in `INSTALLED_APPS`, has tables."""
    parts = application.split(".")
    if parts[-1][:1].isupper():  # the application's configuration: `taggit.apps.TaggitAppConfig`
        parts = parts[:-2]
    folder = _folder(parts[0])
    places = [folder.joinpath(*parts[1:], "models.py")] if folder else []
    places += sorted(folder.joinpath(*parts[1:], "models").rglob("*.py")) if folder else []
    for place in places:
        if place.is_file() and folder:
            name = ".".join(place.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
            source = _source(name)
            for node in source.tree.body if source else ():
                if isinstance(node, ast.ClassDef) and is_model(f"{name}.{node.name}"):
                    return True
    return False


@cache
def _class(dotted: str, depth: int = 9) -> tuple[Source, ast.ClassDef] | None:
    """Where a class is declared, also where a package only passes it on."""
    holder, _, name = dotted.rpartition(".")
    source = _source(holder) if holder else None
    if source is None or not depth:
        return None
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return source, node
    passed_on = source.names.get(name)
    return _class(passed_on, depth - 1) if passed_on and passed_on != dotted else None


def _derives(source: Source, node: ast.ClassDef, depth: int = 9) -> bool:
    for base in _bases(source, node):
        found = None if base in _BASE else _class(base)
        if base in _BASE or (found and depth and _derives(*found, depth - 1)):
            return True
    return False


def _bases(source: Source, node: ast.ClassDef) -> Iterator[str]:
    for base in node.bases:
        if dotted := source.qualified(base):
            yield dotted


def _is_abstract(node: ast.ClassDef) -> bool:
    meta = [inner for inner in node.body if isinstance(inner, ast.ClassDef) and inner.name == "Meta"]
    return any(
        isinstance(statement, ast.Assign)
        and any(getattr(target, "id", "") == "abstract" for target in statement.targets)
        and getattr(statement.value, "value", None) is True
        for inner in meta
        for statement in inner.body
    )


@cache
def _source(name: str) -> Source | None:
    top, *rest = name.split(".")
    folder = _folder(top)
    if folder is None:
        return None
    stem = folder.joinpath(*rest)
    path = next((p for p in (stem / "__init__.py", stem.with_suffix(".py")) if p.is_file()), None)
    try:
        return Source(str(path), name, ast.parse(path.read_bytes())) if path else None
    except (SyntaxError, ValueError):
        return None


@cache
def _folder(top: str) -> Path | None:
    spec = importlib.util.find_spec(top)
    origin = spec.origin if spec else None
    return Path(origin).parent if origin and origin.endswith("__init__.py") else None
