"""What a class is derived from, read from its file and those of its bases, installed ones too. None of it is run."""

import ast
import sys
from functools import cache
from pathlib import Path

from extraction.processes import vendored
from extraction.reading.source import Source


@cache
def is_derived(dotted: str, ancestor: str, root: Path) -> bool:
    """Whether a dotted name stands for a class, or one derived from it, by the repository in `root`."""
    return _leads_to(dotted, ancestor, root, set())


def _leads_to(dotted: str, ancestor: str, root: Path, seen: set[str]) -> bool:
    if dotted == ancestor:
        return True
    if dotted in seen or not (found := _source(dotted, root)):
        return False
    seen.add(dotted)
    source, name = found
    return any(_leads_to(target, ancestor, root, seen) for target in _targets(source, name))


def _targets(source: Source, name: str) -> list[str]:
    """The bases of a class of this name, or what the name is imported as."""
    classes = [node for node in source.nodes if isinstance(node, ast.ClassDef) and node.name == name]
    if classes:
        return [target for base in classes[0].bases if (target := source.qualified(base))]
    if name in source.names:
        return [source.names[name]]
    return [f"{item.module}.{name}" for item in source.imports if item.target == f"{item.module}.*"]


def _source(dotted: str, root: Path) -> tuple[Source, str] | None:
    """The file that has the last part of a dotted name."""
    module, _, name = dotted.rpartition(".")
    source = _read(module, root) if module else None
    return (source, name) if source else None


@cache
def _read(module: str, root: Path) -> Source | None:
    stem = module.replace(".", "/")
    runtime = vendored.runtime_folder(root)
    for folder in (root / "src", root, *([runtime.parent] if runtime else []), *map(Path, sys.path)):
        for path in (folder / f"{stem}.py", folder / stem / "__init__.py"):
            if path.is_file():
                try:
                    return Source(path.as_posix(), module, ast.parse(path.read_bytes()))
                except (SyntaxError, ValueError):
                    return None
    return None
