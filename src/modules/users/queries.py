from uuid import UUID

from django.db.models import Sum

from contracts.users import Points, Profile, UnknownUser
from modules.users.models import PointsEntry, User
from seamline.databases import fetch
from seamline.encryption import decrypt

_NICKNAME = "SELECT nickname FROM users_user WHERE id = %s AND is_active"


def profile(user_id: UUID) -> Profile:
    for (nickname,) in fetch("users", _NICKNAME, [user_id]):
        return Profile(user_id, decrypt(nickname))
    raise UnknownUser(user_id)


def points(user_id: UUID) -> Points:
    active_user(user_id)
    balance = PointsEntry.objects.filter(user_id=user_id).aggregate(total=Sum("points"))["total"]
    return Points(user_id, balance or 0)


def active_user(user_id: UUID) -> User:
    """Raises `UnknownUser`."""
    try:
        return User.objects.get(id=user_id, is_active=True)
    except User.DoesNotExist:
        raise UnknownUser(user_id) from None
