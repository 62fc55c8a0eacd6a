"""Encrypt anew, with the newest key, what is stored under older ones or as it is: chunk by chunk, of all columns.

A value names its key, so the database finds what is left: whoever ends it and begins again does nothing twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models

from seamline.databases import execute, fetch, transaction
from seamline.encryption import DigestField, EncryptedField, cipher

CHUNK_ROWS = 500
"""Rows that are locked at a time."""
Progress = Callable[[str, int], None]
"""Is told a table, and how many of its rows are done."""


class NotReady(Exception):
    """Nothing is to be encrypted here; the message says which setting says so."""


@dataclass(frozen=True)
class Table:
    """A table with columns that are encrypted, in one module's database."""

    module: str
    model: type[models.Model]

    @property
    def name(self) -> str:
        """Return what it is called in the database."""
        return self.model._meta.db_table

    @property
    def columns(self) -> list["models.Field[Any, Any]"]:
        """Return the columns that hold what is of a key."""
        return [field for field in self.model._meta.concrete_fields if isinstance(field, EncryptedField | DigestField)]

    @property
    def key(self) -> list["models.Field[Any, Any]"]:
        """Return the columns that tell its rows apart."""
        return list(getattr(self.model._meta.pk, "fields", None) or [self.model._meta.pk])

    @property
    def is_shared(self) -> bool:
        """Tell whether it is the runtime's, of which the rows of one module are meant."""
        return self.model._meta.app_label != self.module


def rotate(modules: list[str], progress: Progress = lambda table, rows: None) -> int:
    """Encrypt what these modules have with the newest key; return how many rows were left to do.

    Raises `NotReady`, and `CannotDecrypt` for a value whose key is not here.
    """
    if not settings.PERSONAL_DATA_ENCRYPTED:
        raise NotReady("nothing is encrypted here: set PERSONAL_DATA_KEYS, and leave PERSONAL_DATA_ENCRYPTED out")
    changed = 0
    for module in modules:
        for table in tables(module):
            for rows in _chunks(table):
                changed += rows
                progress(f"{module}.{table.name}", rows)
    return changed


def tables(module: str) -> Iterator[Table]:
    """Find the tables of a module that have something to encrypt, the runtime's among them."""
    for label in (module, "seamline"):
        for model in apps.get_app_config(label).get_models():
            table = Table(module, model)
            if table.columns and (label == module or any(field.name == "module" for field in model._meta.fields)):
                yield table


def _chunks(table: Table) -> Iterator[int]:
    """Do one chunk after the other, each in a transaction of its own; how many rows each had."""
    last: tuple[Any, ...] | None = None
    while True:
        with transaction(table.module):
            rows = _find_left(table, last)
            for row in rows:
                _store(table, row)
        if rows:
            last = tuple(getattr(rows[-1], field.attname) for field in table.key)
            yield len(rows)
        if len(rows) < CHUNK_ROWS:
            return


def _find_left(table: Table, last: tuple[Any, ...] | None) -> list[Any]:
    """Lock and read the next rows of which a column is not of the newest key."""
    key = ", ".join(f'"{field.column}"' for field in table.key)
    is_left = " OR ".join(_is_left(field) for field in table.columns)
    values: list[Any] = [f"{_newest(field)}%" for field in table.columns]
    conditions = [f"({is_left})"]
    if table.is_shared:
        conditions.append('"module" = %s')
        values.append(table.module)
    if last is not None:
        conditions.append(f"({key}) > ({', '.join(['%s'] * len(last))})")
        values += last
    names = ", ".join(f'"{field.column}"' for field in (*table.key, *table.columns))
    found = fetch(
        table.module,
        f'SELECT {names} FROM "{table.name}" WHERE {" AND ".join(conditions)} '  # noqa: S608  names of ours alone  # nosec B608
        f"ORDER BY {key} LIMIT {CHUNK_ROWS} FOR UPDATE",
        values,
    )
    fields = (*table.key, *table.columns)
    return [
        table.model(**{field.attname: _read(field, value) for field, value in zip(fields, row, strict=True)})
        for row in found
    ]


def _store(table: Table, row: Any) -> None:
    columns = {field: field.pre_save(row, add=False) for field in table.columns}
    names = ", ".join(f'"{field.column}" = %s' for field in columns)
    is_it = " AND ".join(f'"{field.column}" = %s' for field in table.key)
    values = [_encrypt(value) if isinstance(field, EncryptedField) else value for field, value in columns.items()]
    values += [getattr(row, field.attname) for field in table.key]
    execute(table.module, f'UPDATE "{table.name}" SET {names} WHERE {is_it}', values)  # noqa: S608  names of ours alone  # nosec B608


def _is_left(field: "models.Field[Any, Any]") -> str:
    column = f'"{field.column}"'
    if isinstance(field, DigestField):
        return f"({column} IS NULL OR NOT {column} LIKE %s)"
    kind = "::bytea" if isinstance(field, models.BinaryField) else ""
    return f"(length({column}) > 0 AND NOT {column} LIKE %s{kind})"


def _newest(field: "models.Field[Any, Any]") -> str:
    return f"{cipher.keys()[0].id}:" if isinstance(field, DigestField) else cipher.newest_prefix()


def _read(field: "models.Field[Any, Any]", value: Any) -> Any:
    if isinstance(field, EncryptedField) and value is not None:
        return cipher.decrypt(value) if isinstance(value, str) else cipher.decrypt_bytes(bytes(value))
    return value


def _encrypt(value: Any) -> Any:
    if value is None:
        return None
    return cipher.encrypt(value) if isinstance(value, str) else cipher.encrypt_bytes(value)
