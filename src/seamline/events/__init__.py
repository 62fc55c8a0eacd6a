"""Events across modules: published in the publisher's transaction, handled exactly once by each subscriber.

See docs/how-an-event-travels.md.
"""

from seamline.events.outbox import publish

__all__ = ["publish"]
