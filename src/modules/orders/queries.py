from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from contracts.orders import Order, OrderLine, OrderStatus, UnknownOrder
from modules.orders import models
from seamline.contract import Ids, Money


def order(order_id: UUID) -> Order:
    row = models.Order.objects.filter(id=order_id).first()
    if row is None:
        raise UnknownOrder(order_id)
    return to_order(row)


def orders(order_ids: Ids) -> tuple[Order, ...]:
    return tuple(to_order(row) for row in models.Order.objects.filter(id__in=order_ids).prefetch_related("lines"))


def orders_of(customer_id: UUID, status: OrderStatus | None = None) -> QuerySet[models.Order]:
    """A customer's orders with their lines; those that were refused only when asked for."""
    rows = models.Order.objects.filter(customer_id=customer_id).prefetch_related("lines")
    return rows.filter(status=status) if status else rows.exclude(status=OrderStatus.REFUSED)


def to_order(row: models.Order, lines: Iterable[models.OrderLine] | None = None) -> Order:
    """`lines` are the row's own, where they are at hand."""
    return Order(
        id=row.id,
        customer_id=row.customer_id,
        status=OrderStatus(row.status),
        lines=tuple(
            OrderLine(line.sku, line.name, line.quantity, Money(line.price, row.currency))
            for line in (row.lines.all() if lines is None else lines)
        ),
        discount=Money(row.discount, row.currency),
        total=Money(row.total, row.currency),
        payment_id=row.payment_id,
        coupon=row.coupon,
        created_at=row.created_at,
    )
