"""One database per module. Here every transaction of a module begins."""

from typing import Any

from django.db import connections
from django.db.transaction import Atomic

__all__ = ["cursor", "transaction"]


def cursor(module: str) -> Any:
    """A cursor on a module's own database, for SQL of the kernel's own: `with cursor("orders") as sql: ...`"""
    return connections[module].cursor()


def transaction(module: str) -> Atomic:
    """A transaction on a module's own database, as a block or a decorator: `with transaction("orders"): ...`

    Inside another one of the same module it is a savepoint. No transaction spans two modules: commands to another
    module are refused while one is open.
    """
    return Atomic(using=module, savepoint=True, durable=False)
