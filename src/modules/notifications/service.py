from uuid import UUID

from kernel.databases import transaction
from modules.notifications.models import Notification


def tell(user_id: UUID, kind: str, text: str, order_id: UUID | None = None) -> None:
    """Record what a customer is told."""
    with transaction("notifications"):
        Notification.objects.create(user_id=user_id, kind=kind, text=text, order_id=order_id)
