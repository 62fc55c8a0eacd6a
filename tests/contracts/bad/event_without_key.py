"""OrderCreated names no ordering key; write class OrderCreated(Event, key='…')"""

from contracts.language import Event


class OrderCreated(Event):
    order_id: str
