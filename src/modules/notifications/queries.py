from uuid import UUID

from django.db.models import QuerySet

from contracts.notifications import Limit, Notification
from modules.notifications import models


def recent(user_id: UUID, limit: Limit = 20) -> tuple[Notification, ...]:
    return tuple(to_notification(row) for row in notifications_of(user_id).order_by("-created_at", "-id")[:limit])


def notifications_of(user_id: UUID) -> QuerySet[models.Notification]:
    """All that a user was told."""
    return models.Notification.objects.filter(user_id=user_id)


def to_notification(row: models.Notification) -> Notification:
    return Notification(row.id, row.kind, row.text, row.order_id, row.created_at)
