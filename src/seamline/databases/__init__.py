"""One database per module. Here every transaction of a module begins."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, connections
from django.db.models import Model
from django.db.transaction import Atomic

from seamline import context
from seamline.contract import DeadlineExceeded
from seamline.databases.constraints import append_only, fixed
from seamline.layout import alias_of

__all__ = [
    "ASYNC_COMMIT",
    "append_only",
    "cursor",
    "execute",
    "fetch",
    "fixed",
    "insert",
    "insert_new",
    "one_at_a_time",
    "transaction",
]

ASYNC_COMMIT = "(SELECT set_config('synchronous_commit', 'off', true)) AS relaxed"
"""To select from, in a statement of its own whose effect may be lost when the server crashes, because it comes about
again: its commit does not wait for the disk. See PostgreSQL's documentation, "Asynchronous Commit"."""


def transaction(module: str) -> "ModuleTransaction":
    """Begin a transaction on a module's own database. It is a block or a decorator: `with transaction("parcels"): …`.

    Inside another one of the same module it is a savepoint. No transaction spans two modules: commands to another
    module are refused while one is open. Raises `DeadlineExceeded` when nobody waits for the work any more.
    """
    return ModuleTransaction(module)


def cursor(module: str) -> Any:
    """Open a cursor on a module's own database, for several statements: `with cursor("parcels") as sql: …`."""
    return connections[alias_of(module)].cursor()


def execute(module: str, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> int:
    """Run a statement on a module's own database; return how many rows it changed.

    For what is run so often that it counts: Django's ORM takes several times as long to put a statement together as
    psycopg takes to run it.
    """
    with connections[alias_of(module)].cursor() as sql:
        sql.execute(statement, parameters)
        return int(sql.rowcount)


def fetch(module: str, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    """Run a statement on a module's own database, as `execute` does; return its rows."""
    with connections[alias_of(module)].cursor() as sql:
        sql.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = sql.fetchall()
        return rows


def insert(*rows: Model) -> None:
    """Insert a module's rows, of one model, with one statement; for none it does nothing.

    What the database gives out itself is not read back, and defaults of its own (`db_default`) are not known here.
    """
    if rows:
        _insert(rows, "")


def insert_new(row: Model, *key: str) -> bool:
    """Insert a module's row, unless there is one that is the same in these columns; tell whether it was inserted.

    One that somebody else is inserting is waited for. Raises `IntegrityError` where what is taken is another unique
    key of the table and not this one.
    """
    # No conflict target: equal rows that are inserted at the same instant may meet on any of the table's unique keys.
    inserted = bool(_insert((row,), " ON CONFLICT DO NOTHING"))
    if not inserted and not _is_there(row, key):
        raise IntegrityError(f"a row of {row._meta.db_table} has another unique key than {', '.join(key)} in common")
    return inserted


def one_at_a_time(module: str, text: str) -> None:
    """Wait for transactions of a module that are about the same text and came here before, until they end."""
    key = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)
    execute(module, "SELECT pg_advisory_xact_lock(%s)", [key])


def _is_there(row: Model, key: tuple[str, ...]) -> bool:
    wanted = {name: getattr(row, name) for name in key}
    return type(row)._base_manager.using(alias_of(row._meta.app_label)).filter(**wanted).exists()


def _insert(rows: Sequence[Model], conflict: str) -> int:
    module = rows[0]._meta.app_label
    fields, statement = _insertion(type(rows[0]), rows[0].pk is not None, len(rows), conflict)
    connection = connections[alias_of(module)]
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for row in rows for field in fields]
    return execute(module, statement, values)


@lru_cache(maxsize=1000)
def _insertion(model: type[Model], with_pk: bool, rows: int, conflict: str) -> tuple[Sequence[Any], str]:
    # A number that the database gives out itself is not known yet.
    known = [field for field in model._meta.concrete_fields if with_pk or not field.primary_key]
    fields = [field for field in known if not field.generated]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * rows)
    return fields, f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES {values}{conflict}'  # noqa: S608  names and numbers of ours alone  # nosec B608


class ModuleTransaction(Atomic):
    """A transaction that is not begun once the caller has given up."""

    def __init__(self, module: str) -> None:
        super().__init__(using=alias_of(module), savepoint=True, durable=False)
        self.module = module

    def __enter__(self) -> None:
        if context.current().remaining <= 0:
            raise DeadlineExceeded(module=self.module)
        super().__enter__()
