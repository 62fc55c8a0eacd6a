"""Migrations that stand alone: the keys become ids in the tables that are there, and a new initial one for new tables.

The new initial migration replaces those before it, which is how Django itself squashes: where they were applied, it
counts as applied; a new database is made by it alone.
"""

from collections.abc import Iterable
from itertools import groupby

from extraction.adopting.changes import Changes
from extraction.adopting.owning.keys import Key
from extraction.processes.ruff import format_python

KEYS = "keys_to_ids"
INITIAL = "0001_own_data"


def next_name(names: Iterable[str]) -> str:
    """Name the migration that comes after all of these."""
    numbers = [int(name[:4]) for name in names if name[:4].isdigit()]
    return f"{max(numbers, default=0) + 1:04d}_{KEYS}"


def keys_to_ids(label: str, after: str, keys: list[Key]) -> str:
    """Return a migration of one app that takes the constraints off its keys, and can put them back."""
    database = [_alter(key, key.field, key.interim_call) for key in keys]
    state = [line for key in keys for line in _rename(key)]
    doc = "Foreign keys into other modules become ids. Columns, rows and indexes stay; the constraints go."
    return "\n".join(
        [
            f'"""{doc}"""',
            "from django.db import migrations, models",
            "",
            "class Migration(migrations.Migration):",
            f"    dependencies = [({label!r}, {after!r})]",
            "    operations = [",
            "        migrations.SeparateDatabaseAndState(",
            f"            database_operations=[{', '.join(database)}],",
            f"            state_operations=[{', '.join(state)}],",
            "        ),",
            "    ]",
            "",
        ]
    )


def put(changes: Changes, path: str, text: str) -> None:
    """Have a migration written, in the project's own format."""
    changes.put(path, format_python(changes.root, path, text))


def by_app(keys: Iterable[Key]) -> dict[str, list[Key]]:
    """Sort keys by the app whose table they stand in."""

    def label(key: Key) -> str:
        return key.model.app.label if key.model.app else ""

    return {app: list(found) for app, found in groupby(sorted(keys, key=label), label)}


def _rename(key: Key) -> list[str]:
    model = key.model.fact.name.lower()
    return [
        _alter(key, key.field, key.interim_call),
        f"migrations.RenameField({model!r}, {key.field!r}, {key.id_field!r})",
        _alter(key, key.id_field, key.call),
    ]


def _alter(key: Key, name: str, call: str) -> str:
    return f"migrations.AlterField({key.model.fact.name.lower()!r}, {name!r}, {call})"
