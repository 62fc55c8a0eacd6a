from modules.orders.models import Coupon
from seamline.databases import transaction


def load() -> bool:
    """A coupon; whether it was new."""
    with transaction("orders"):
        return Coupon.objects.get_or_create(code="WELCOME10", defaults={"percent": 10})[1]
