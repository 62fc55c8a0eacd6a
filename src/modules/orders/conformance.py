from uuid import UUID

from contracts.orders import OrderStatus
from modules.orders.models import Order, OrderLine
from seamline.databases import transaction


def load() -> None:
    """An order in every status."""
    with transaction("orders"):
        for number, status in enumerate(OrderStatus, start=1):
            order = Order.objects.create(
                id=UUID(int=number),
                customer_id=UUID(int=100),
                status=status,
                currency="EUR",
                discount=250,
                total=2250,
                coupon="WELCOME10",
                payment_method="sandbox:approve",
                payment_id=UUID(int=100 + number),
            )
            OrderLine.objects.create(order=order, sku="MUG-BLUE", name="Blue mug", quantity=2, price=1250)
