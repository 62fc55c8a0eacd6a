"""Contract calls: `call(Parcels).send(...)` behaves the same wherever the module lives.

See docs/how-a-contract-call-travels.md.
"""

from seamline.calls.proxy import TransactionOpen, call

__all__ = ["TransactionOpen", "call"]
