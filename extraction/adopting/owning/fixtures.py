"""Fixtures name fields: what was a key there is an id too."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from extraction.adopting.changes import Changes
from extraction.adopting.owning.keys import Key
from extraction.processes import git

_FOLDER = "fixtures"


def rename_in_fixtures(keys: Iterable[Key], changes: Changes) -> None:
    """Rename fields in JSON fixtures, and leave those of other formats, or with such a field of others, to a person."""
    fields = {(key.model.label.lower(), key.field): key.id_field for key in keys}
    for path in _paths(changes.root):
        if path.endswith(".json"):
            _rename(path, fields, changes)
        elif any(model in (changes.root / path).read_text(errors="replace").lower() for model, _ in fields):
            changes.remark(path, 1, "is a fixture: name its keys as the ids that they are now")


def _rename(path: str, fields: dict[tuple[str, str], str], changes: Changes) -> None:
    try:
        found = json.loads(text := changes.text(path))
    except ValueError:
        return
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    for (model, field), new in fields.items():
        if not any(_has(row, model, field) for row in rows):
            continue
        if any(_has(row, str(row.get("model")).lower(), field) and row["model"].lower() != model for row in rows):
            changes.remark(path, 1, f"{model}.{field} is {new} now, in a file with others' fields of that name")
            continue
        text = re.sub(rf'"{re.escape(field)}"(\s*):', rf'"{new}"\1:', text)
        changes.notes.append(f"{path}: {field} is {new}")
    changes.put(path, text)


def _has(row: dict[str, Any], model: str, field: str) -> bool:
    fields = row.get("fields")
    return str(row.get("model")).lower() == model and isinstance(fields, dict) and field in fields


def _paths(root: Path) -> Iterator[str]:
    known = git.list_files(root)
    paths = known if known is not None else (p.relative_to(root).as_posix() for p in root.rglob(f"{_FOLDER}/*"))
    yield from sorted(path for path in paths if f"/{_FOLDER}/" in f"/{path}" and (root / path).is_file())
