"""One database per module. Here every transaction of a module begins."""

from typing import Any

from django.db import connections
from django.db.transaction import Atomic

from contracts.language import DeadlineExceeded
from kernel import context

__all__ = ["cursor", "transaction"]


def transaction(module: str) -> "ModuleTransaction":
    """A transaction on a module's own database, as a block or a decorator: `with transaction("orders"): ...`

    Inside another one of the same module it is a savepoint. No transaction spans two modules: commands to another
    module are refused while one is open. Raises `DeadlineExceeded` when nobody waits for the work any more.
    """
    return ModuleTransaction(module)


def cursor(module: str) -> Any:
    """A cursor on a module's own database, for SQL of the kernel's own: `with cursor("orders") as sql: ...`"""
    return connections[module].cursor()


class ModuleTransaction(Atomic):
    """A transaction that is not begun once the caller has given up."""

    def __init__(self, module: str) -> None:
        super().__init__(using=module, savepoint=True, durable=False)
        self.module = module

    def __enter__(self) -> None:
        if context.current().remaining <= 0:
            raise DeadlineExceeded(module=self.module)
        super().__enter__()
