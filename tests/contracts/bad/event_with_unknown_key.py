"""OrderCreated has no field 'order' to order it by"""

from seamline.contract import Event


class OrderCreated(Event, key="order"):
    order_id: str
