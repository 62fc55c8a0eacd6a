from uuid import UUID

from modules.users.models import User
from modules.users.service import credit_points, take_points_back
from seamline.contract import Money

KEPT, RETURNED = UUID(int=1), UUID(int=2)


def load() -> None:
    """Somebody with points, of an order that was kept and of one that came back."""
    user = User.objects.earliest("created_at")
    for order_id in (KEPT, RETURNED):
        credit_points(user.id, order_id, Money(2250, "EUR"))
    take_points_back(RETURNED)
