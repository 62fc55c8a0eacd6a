from contracts.catalog import ProductAdded
from contracts.orders import OrderCancelled, OrderReturned, OrderShipped
from modules.inventory import service


def on_product_added(event: ProductAdded) -> None:
    service.open_stock(event.sku)


def on_order_shipped(event: OrderShipped) -> None:
    service.ship(event.order_id)


def on_order_cancelled(event: OrderCancelled) -> None:
    service.release(event.order_id)


def on_order_returned(event: OrderReturned) -> None:
    service.take_back(event.order_id)
