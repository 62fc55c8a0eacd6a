"""Contract calls: `call(Parcels).send(...)` behaves the same wherever the module lives."""

from seamline.calls.proxy import TransactionOpen, call

__all__ = ["TransactionOpen", "call"]
