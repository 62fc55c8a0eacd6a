"""OrderCreated has no field 'order' to order it by"""

from contracts.language import Event


class OrderCreated(Event, key="order"):
    order_id: str
