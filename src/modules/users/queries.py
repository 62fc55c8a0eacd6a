from uuid import UUID

from django.db.models import Q, Sum

from contracts.users import OrderPoints, Points, Profile, UnknownUser
from modules.users.models import PointsEntry, User
from seamline.contract import Ids
from seamline.databases import fetch

_NICKNAME = "SELECT nickname FROM users_user WHERE id = %s AND is_active"


def profile(user_id: UUID) -> Profile:
    for (nickname,) in fetch("users", _NICKNAME, [user_id]):
        return Profile(user_id, nickname)
    raise UnknownUser(user_id)


def points(user_id: UUID) -> Points:
    active_user(user_id)
    balance = PointsEntry.objects.filter(user_id=user_id).aggregate(total=Sum("points"))["total"]
    return Points(user_id, balance or 0)


def points_of_orders(order_ids: Ids) -> tuple[OrderPoints, ...]:
    earned, back = (Sum("points", filter=Q(reason=reason), default=0) for reason in PointsEntry.Reason)
    entries = PointsEntry.objects.filter(order_id__in=order_ids).values_list("order_id", "user_id")
    return tuple(OrderPoints(*row) for row in entries.annotate(earned=earned, taken_back=-back))


def active_user(user_id: UUID) -> User:
    """Raises `UnknownUser`."""
    try:
        return User.objects.get(id=user_id, is_active=True)
    except User.DoesNotExist:
        raise UnknownUser(user_id) from None
