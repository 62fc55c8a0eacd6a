"""Orders: what a customer ordered, and how far it has come."""

import enum
from typing import Annotated
from uuid import UUID

import msgspec

from contracts.shop import Quantity, Sku
from seamline.contract import AwareDatetime, Category, Contract, ContractError, Event, Ids, Money, Value, query, whole

Coupon = Annotated[
    str, msgspec.Meta(pattern=whole("[A-Z0-9]{3,20}"), description="A discount code.", examples=["WELCOME10"])
]


class OrderStatus(enum.StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    """Accepted; stock or payment is not settled yet."""
    CONFIRMED = "confirmed"
    """Stock is held and the payment authorised."""
    REFUSED = "refused"
    """Out of stock or declined: nothing is held and nothing was taken."""
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class OrderLine(Value):
    """So many pieces of one product, at the price they were ordered for."""

    sku: Sku
    name: str
    quantity: Quantity
    price: Money
    """Of one piece."""


class Order(Value):
    """An order and its lines."""

    id: UUID
    customer_id: UUID
    status: OrderStatus
    lines: tuple[OrderLine, ...]
    discount: Money
    total: Money
    """What is to be paid, the discount taken off."""
    payment_id: UUID | None
    coupon: Coupon | None
    created_at: AwareDatetime


class UnknownOrder(ContractError, category=Category.NOT_FOUND):
    """There is no such order."""

    order_id: UUID


class OrderCreated(Event, key="order_id"):
    """An order is confirmed: its stock is held and its payment authorised."""

    order_id: UUID
    customer_id: UUID
    total: Money


class OrderShipped(Event, key="order_id"):
    """The parcel left."""

    order_id: UUID
    customer_id: UUID


class OrderCancelled(Event, key="order_id"):
    """An order was called off before it shipped; `total` is what it would have cost."""

    order_id: UUID
    customer_id: UUID
    total: Money


class OrderReturned(Event, key="order_id"):
    """The parcel came back; `total` is what it had cost."""

    order_id: UUID
    customer_id: UUID
    total: Money


class Orders(Contract, module="orders", version=1):
    """The life of an order."""

    @query(raises=(UnknownOrder,))
    def order(self, order_id: UUID) -> Order:
        """One order, with its lines."""

    @query(timeout=10.0)
    def orders(self, order_ids: Ids) -> tuple[Order, ...]:
        """Several orders; those that do not exist are left out."""
