from uuid import UUID

from modules.notifications.service import tell

USER, ORDER = UUID(int=1), UUID(int=2)


def load() -> None:
    """A customer who was told something of an order twice, and once of something else."""
    for kind in ("order_confirmed", "order_shipped", "order_shipped"):
        tell(USER, kind, "So it is.", ORDER)
    tell(USER, "welcome", "Welcome!")
