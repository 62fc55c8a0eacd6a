"""One database per module. Here every transaction of a module begins."""

from typing import Any

from django.db import connections
from django.db.models import Model
from django.db.transaction import Atomic

from contracts.language import DeadlineExceeded
from kernel import context

__all__ = ["RELAXED", "cursor", "insert_new", "transaction"]

RELAXED = "(SELECT set_config('synchronous_commit', 'off', true)) AS relaxed"
"""To select from, in a statement of its own whose effect may be lost when the server crashes, because it comes about
again: its commit does not wait for the disk. See PostgreSQL's documentation, "Asynchronous Commit"."""


def transaction(module: str) -> "ModuleTransaction":
    """A transaction on a module's own database, as a block or a decorator: `with transaction("parcels"): ...`

    Inside another one of the same module it is a savepoint. No transaction spans two modules: commands to another
    module are refused while one is open. Raises `DeadlineExceeded` when nobody waits for the work any more.
    """
    return ModuleTransaction(module)


def cursor(module: str) -> Any:
    """A cursor on a module's own database, for SQL of the kernel's own: `with cursor("parcels") as sql: ...`"""
    return connections[module].cursor()


def insert_new(row: Model, *key: str) -> bool:
    """Insert a module's row, unless there is one that is the same in these columns; whether it was inserted.

    One that somebody else is inserting is waited for.
    """
    # A number that the database gives out itself is not known yet.
    fields = [field for field in row._meta.concrete_fields if row.pk is not None or not field.primary_key]
    connection = connections[row._meta.app_label]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    places, target = ", ".join(["%s"] * len(values)), ", ".join(f'"{column}"' for column in key)
    statement = f'INSERT INTO "{row._meta.db_table}" ({columns}) VALUES ({places}) ON CONFLICT ({target}) DO NOTHING'  # noqa: S608
    with connection.cursor() as sql:
        sql.execute(statement, values)
        return bool(sql.rowcount)


class ModuleTransaction(Atomic):
    """A transaction that is not begun once the caller has given up."""

    def __init__(self, module: str) -> None:
        super().__init__(using=module, savepoint=True, durable=False)
        self.module = module

    def __enter__(self) -> None:
        if context.current().remaining <= 0:
            raise DeadlineExceeded(module=self.module)
        super().__enter__()
