"""Contract calls: `call(Inventory).reserve(...)` behaves the same wherever the module lives."""

from kernel.calls.proxy import TransactionOpen, call

__all__ = ["TransactionOpen", "call"]
