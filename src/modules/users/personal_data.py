from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from modules.users.models import PointsEntry, User
from seamline.personal_data import Kept, Overwritten, PersonalData

_NOBODY = {
    "email": Concat(Value("erased-"), Cast("id", CharField()), Value("@nobody.invalid")),
    "email_digest": None,
    "password": "",  # nosec B105  none that fits
    "nickname": "erased",
    "scopes": "",
    "is_active": False,
}

PERSONAL_DATA = (
    PersonalData(
        "account",
        lambda user_id: User.objects.filter(id=user_id),
        ("id", "email", "nickname", "scopes", "is_active", "created_at"),
        Overwritten(_NOBODY, "an id without a name, for what is kept elsewhere to refer to"),
    ),
    PersonalData(
        "points",
        lambda user_id: PointsEntry.objects.filter(user_id=user_id),
        ("order_id", "points", "reason", "created_at"),
        Kept("what orders earned is part of the accounts"),
    ),
)
