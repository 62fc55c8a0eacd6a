from contracts.orders import OrderCancelled, OrderReturned, OrderShipped
from modules.payments import service


def on_order_shipped(event: OrderShipped) -> None:
    service.capture(event.order_id)


def on_order_cancelled(event: OrderCancelled) -> None:
    service.cancel(event.order_id)


def on_order_returned(event: OrderReturned) -> None:
    service.cancel(event.order_id)
