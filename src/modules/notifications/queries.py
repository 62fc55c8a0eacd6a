from uuid import UUID

from django.db.models import Count, QuerySet

from contracts.notifications import Limit, Notification, Told
from modules.notifications import models
from seamline.contract import Ids


def recent(user_id: UUID, limit: Limit = 20) -> tuple[Notification, ...]:
    return tuple(to_notification(row) for row in notifications_of(user_id).order_by("-created_at", "-id")[:limit])


def told(order_ids: Ids) -> tuple[Told, ...]:
    rows = models.Notification.objects.filter(order_id__in=order_ids).values_list("order_id", "user_id", "kind")
    return tuple(Told(*row) for row in rows.annotate(times=Count("id")))


def notifications_of(user_id: UUID) -> QuerySet[models.Notification]:
    """All that a user was told."""
    return models.Notification.objects.filter(user_id=user_id)


def to_notification(row: models.Notification) -> Notification:
    return Notification(row.id, row.kind, row.text, row.order_id, row.created_at)
