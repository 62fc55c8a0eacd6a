"""Contract calls: `call(Parcels).send(...)` behaves the same wherever the module lives.

The documentation has the whole way: "How a contract call travels".
"""

from seamline.calls.proxy import TransactionOpen, call

__all__ = ["TransactionOpen", "call"]
