from collections import Counter
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import QuerySet

from modules.notifications.models import Notification
from seamline.audit import Fact, Facts, fact


def _by_order() -> QuerySet[Any, Any]:
    of_orders = Notification.objects.filter(order_id__isnull=False)
    return of_orders.values("order_id").annotate(kinds=ArrayAgg("kind"))


def _notices(row: dict[str, Any]) -> Fact:
    """How many times the customer was told of each kind of thing that happened to the order."""
    return fact(row["order_id"], **Counter(row["kinds"]))


FACTS = (Facts("notices", _by_order, "order_id", _notices),)
