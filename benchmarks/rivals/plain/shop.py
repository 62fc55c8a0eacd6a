"""What the shop does, as functions: four commits for an order, each in the database that it belongs to."""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

import msgspec
from django.db.models import F
from django.db.transaction import atomic

from benchmarks.rivals.plain import models


class Line(msgspec.Struct):
    sku: Annotated[str, msgspec.Meta(pattern="^[A-Z0-9][A-Z0-9-]{0,39}$")]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class NewOrder(msgspec.Struct):
    lines: Annotated[list[Line], msgspec.Meta(min_length=1, max_length=50)]
    payment_method: Annotated[str, msgspec.Meta(pattern="^[a-z]{1,20}:[A-Za-z0-9_-]{1,64}$")]


class Money(msgspec.Struct):
    amount: int
    currency: str


class OrderLine(msgspec.Struct):
    sku: str
    name: str
    quantity: int
    price: Money


class Order(msgspec.Struct):
    id: UUID
    customer_id: UUID
    status: str
    lines: list[OrderLine]
    discount: Money
    total: Money
    payment_id: UUID | None
    coupon: str | None
    created_at: datetime
    nickname: str


class Product(msgspec.Struct):
    sku: str
    name: str
    description: str
    price: Money
    active: bool


class OutOfStock(Exception):
    """Fewer are available than were asked for."""


def nickname(user_id: UUID) -> str:
    return models.Account.objects.using("users").get(id=user_id, is_active=True).nickname


def place(customer_id: UUID, wanted: NewOrder) -> Order:
    called = nickname(customer_id)
    order = accept(customer_id, wanted)
    reserve(order.id, wanted.lines)
    payment = authorise(order)
    with atomic("orders"):
        order.status, order.payment_id = "confirmed", payment.id
        order.save(update_fields=["status", "payment_id"])
    return to_order(order, called)


def accept(customer_id: UUID, wanted: NewOrder) -> models.Order:
    products = models.Product.objects.using("orders").filter(sku__in=[line.sku for line in wanted.lines], active=True)
    found = {row.sku: row for row in products}
    total = sum(found[line.sku].price * line.quantity for line in wanted.lines)
    with atomic("orders"):
        order = models.Order(
            id=uuid4(), customer_id=customer_id, status="pending", currency="EUR", discount=0, total=total
        )
        order.payment_method = wanted.payment_method
        order.save(using="orders", force_insert=True)
        models.OrderLine.objects.using("orders").bulk_create(
            models.OrderLine(
                order=order,
                sku=line.sku,
                name=found[line.sku].name,
                quantity=line.quantity,
                price=found[line.sku].price,
            )
            for line in wanted.lines
        )
    return order


def reserve(order_id: UUID, lines: list[Line]) -> None:
    with atomic("inventory"):
        models.Reservation(order_id=order_id, state="held").save(using="inventory", force_insert=True)
        for line in sorted(lines, key=lambda line: line.sku):
            enough = models.Stock.objects.using("inventory").filter(
                sku=line.sku, on_hand__gte=F("reserved") + line.quantity
            )
            if not enough.update(reserved=F("reserved") + line.quantity):
                raise OutOfStock(line.sku)
            held = models.ReservationLine(order_id=order_id, stock_id=line.sku, quantity=line.quantity)
            held.save(using="inventory", force_insert=True)


def authorise(order: models.Order) -> models.Payment:
    with atomic("payments"):
        payment = models.Payment(
            id=uuid4(), order_id=order.id, customer_id=order.customer_id, amount=order.total, currency=order.currency
        )
        payment.method, payment.status = order.payment_method, "authorised"
        payment.save(using="payments", force_insert=True)
    return payment


def to_order(row: models.Order, called: str) -> Order:
    lines = [OrderLine(one.sku, one.name, one.quantity, Money(one.price, row.currency)) for one in row.lines.all()]
    discount, total = Money(row.discount, row.currency), Money(row.total, row.currency)
    return Order(
        row.id,
        row.customer_id,
        row.status,
        lines,
        discount,
        total,
        row.payment_id,
        row.coupon,
        row.created_at,
        called,
    )


def to_product(row: models.Product) -> Product:
    return Product(row.sku, row.name, row.description, Money(row.price, row.currency), row.active)
