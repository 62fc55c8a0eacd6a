"""One database per module. Here every transaction of a module begins."""

from django.db.transaction import Atomic

__all__ = ["transaction"]


def transaction(module: str) -> Atomic:
    """A transaction on a module's own database, as a block or a decorator: `with transaction("orders"): ...`

    Inside another one of the same module it is a savepoint. No transaction spans two modules: commands to another
    module are refused while one is open.
    """
    return Atomic(using=module, savepoint=True, durable=False)
