from contracts.orders import OrderCancelled, OrderCreated, OrderReturned
from modules.users import service


def on_order_created(event: OrderCreated) -> None:
    service.credit_points(event.customer_id, event.order_id, event.total)


def on_order_cancelled(event: OrderCancelled) -> None:
    service.take_points_back(event.order_id)


def on_order_returned(event: OrderReturned) -> None:
    service.take_points_back(event.order_id)
