from uuid import UUID

from modules.notifications.models import Notification
from seamline.databases import insert


def tell(user_id: UUID, kind: str, text: str, order_id: UUID | None = None) -> None:
    """Record what a customer is told, in the transaction of the event that it is about."""
    insert(Notification(user_id=user_id, kind=kind, text=text, order_id=order_id))
