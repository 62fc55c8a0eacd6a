"""OrderCreated names no ordering key; write class OrderCreated(Event, key='…')"""

from seamline.contract import Event


class OrderCreated(Event):
    order_id: str
