"""The files of a new module, from templates that lie as the files will lie in the repository."""

import ast
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extraction.processes.errors import InvalidArgument
from extraction.processes.ruff import format_python
from extraction.reading import layout
from extraction.writing import template_engine
from extraction.writing.names import Names, is_there


@dataclass(frozen=True, slots=True)
class NewModule:
    """A module, ready to be written."""

    files: Mapping[str, str]
    """Text by path from the repository's root."""
    places: tuple[str, ...]
    """What has to be deleted to be rid of it: its contract, the contract's lock, its folder; in this order they come
    to be, for each needs those before it."""


def plan(names: Names, root: Path) -> NewModule:
    """Render every file of a new module. Raises `InvalidArgument` where a noun means two things in one file."""
    files = dict(_render(names, root))
    name = names.name
    return NewModule(files, (layout.contract_file(name), layout.lock_file(name), layout.module_folder(name)))


def write(new: NewModule, root: Path) -> None:
    """Write a module whole, or nothing: beside its places, then renamed. Raises `FileExistsError`, `OSError`."""
    finished: list[Path] = []
    folder = Path(tempfile.mkdtemp(prefix=".startmodule.", dir=root))
    try:
        for path, text in new.files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        for path in new.places:
            if is_there(root / path):
                raise FileExistsError(f"{path} is there already, and was left as it is")
            shutil.rmtree(root / path, ignore_errors=True)
            finished.append((folder / path).rename(root / path))
        finished.clear()
    finally:
        for place in reversed(finished):
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        shutil.rmtree(folder, ignore_errors=True)


def _render(names: Names, root: Path) -> Iterator[tuple[str, str]]:
    for path, text in template_engine.render("module", names):
        place = path.replace("NAME", names.name)
        if place.endswith(".py"):
            _refuse_double_meanings(names, place, text)
            yield place, format_python(root, place, text)
        else:
            yield place, _sort_json(text)


def _sort_json(text: str) -> str:
    """Write a lock as `extraction compat` does."""
    return json.dumps(json.loads(text, object_hook=_sort_lists), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _sort_lists(found: dict[str, Any]) -> dict[str, Any]:
    return {key: sorted(value) if isinstance(value, list) else value for key, value in found.items()}


def _refuse_double_meanings(names: Names, path: str, text: str) -> None:
    tree = ast.parse(text)
    outer = list(_bound(tree.body))
    for words in (outer, *(outer + list(_bound(node.body)) for node in tree.body if isinstance(node, ast.ClassDef))):
        word, times = next(iter(Counter(words).most_common(1)), ("", 0))
        if times > 1:
            called = f"{names.name!r} with the noun {names.noun!r}"
            raise InvalidArgument(f"{called} will not do: {word} would mean two things in {path}; say another --noun")


def _bound(body: Iterable[ast.stmt]) -> Iterator[str]:
    """List the names that a file or a class gives a meaning."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
