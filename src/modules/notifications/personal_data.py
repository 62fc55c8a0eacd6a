from modules.notifications.models import Notification
from seamline.personal_data import DELETED, PersonalData

PERSONAL_DATA = (
    PersonalData(
        "notification",
        lambda user_id: Notification.objects.filter(user_id=user_id),
        ("kind", "text", "order_id", "created_at"),
        DELETED,
    ),
)
