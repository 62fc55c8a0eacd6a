"""Were no other points taken back than were given?"""

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import CharField, Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Cast

from modules.users.models import PointsEntry
from seamline.audit import Checked, Fact, Facts, Finding, fact

_EARNED, _TAKEN_BACK = Q(reason=PointsEntry.Reason.ORDER), Q(reason=PointsEntry.Reason.TAKEN_BACK)


def checks() -> Iterator[Checked]:
    taken_back = _by_order().annotate(times=Count("id", filter=_TAKEN_BACK)).filter(times__gt=0)
    for row in taken_back.exclude(earned=F("taken_back")).iterator():
        problem = f"{row['earned']} were earned and {row['taken_back']} taken back"
        yield Checked(0, (Finding(f"points of order {row['order_id']}", problem),))


def _by_order() -> QuerySet[Any, Any]:
    return PointsEntry.objects.values("order_id").annotate(
        owner=StringAgg(Cast("user_id", CharField()), ", ", distinct=True),
        since=Max("created_at"),
        earned=Sum("points", filter=_EARNED, default=0),
        taken_back=-Sum("points", filter=_TAKEN_BACK, default=0),
    )


def _points(row: dict[str, Any]) -> Fact:
    return fact(row["order_id"], row["since"], user_id=row["owner"], earned=row["earned"], taken_back=row["taken_back"])


FACTS = (Facts("points", _by_order, "order_id", _points),)
