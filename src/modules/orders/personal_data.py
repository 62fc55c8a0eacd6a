from modules.orders.models import Order, OrderLine
from seamline.personal_data import Kept, PersonalData

_ACCOUNTS = Kept("orders are part of the accounts")

PERSONAL_DATA = (
    PersonalData(
        "order",
        lambda user_id: Order.objects.filter(customer_id=user_id),
        ("id", "status", "total", "discount", "currency", "coupon", "payment_id", "created_at"),
        _ACCOUNTS,
    ),
    PersonalData(
        "order_line",
        lambda user_id: OrderLine.objects.filter(order__customer_id=user_id),
        ("order_id", "sku", "name", "quantity", "price"),
        _ACCOUNTS,
    ),
)
