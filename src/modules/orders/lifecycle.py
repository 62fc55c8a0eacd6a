"""What may become of an order, and by whom."""

from contracts.orders import OrderStatus

TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset({OrderStatus.CONFIRMED, OrderStatus.REFUSED, OrderStatus.CANCELLED}),
    OrderStatus.CONFIRMED: frozenset({OrderStatus.SHIPPED, OrderStatus.CANCELLED}),
    OrderStatus.SHIPPED: frozenset({OrderStatus.DELIVERED, OrderStatus.RETURNED}),
    OrderStatus.DELIVERED: frozenset({OrderStatus.RETURNED}),
    OrderStatus.REFUSED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
    OrderStatus.RETURNED: frozenset(),
}

BY_CUSTOMER = frozenset({OrderStatus.CANCELLED})
BY_STAFF = BY_CUSTOMER | {OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.RETURNED}
"""The rest is the checkout's to decide."""
