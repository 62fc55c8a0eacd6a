from datetime import timedelta

from contracts.orders import Orders, OrderStatus
from modules.inventory import queries, service
from seamline.calls import call

HELD_FOR = timedelta(minutes=30)
"""After which it is asked whether an order still needs what it holds: twice as long as a checkout may take."""
OVER = (OrderStatus.REFUSED, OrderStatus.CANCELLED)


def release_orphans() -> None:
    """Give back what is held for orders that were refused, were cancelled, or never came about."""
    for order_ids in queries.held_since(HELD_FOR):
        needed = {order.id for order in call(Orders).orders(order_ids) if order.status not in OVER}
        for order_id in order_ids:
            if order_id not in needed:
                service.release(order_id)
