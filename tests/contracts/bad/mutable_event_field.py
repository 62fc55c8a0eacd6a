"""OrderCreated.skus: set[str] cannot cross between modules; use frozenset[T]"""

from seamline.contract import Event


class OrderCreated(Event, key="order_id"):
    order_id: str
    skus: set[str]
