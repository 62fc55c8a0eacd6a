"""Events across modules: published in the publisher's transaction, handled exactly once by each subscriber.

The documentation has the whole way: "How an event travels".
"""

from seamline.events.outbox import publish

__all__ = ["publish"]
