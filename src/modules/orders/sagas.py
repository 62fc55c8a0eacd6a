"""Checkout: stock is reserved, then the payment authorised; each step has its compensation beside it."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import structs

from contracts.inventory import Inventory, Reservation, StockLine
from contracts.orders import Order, OrderCreated, OrderStatus
from contracts.payments import Payment, Payments, PaymentStatus
from modules.orders import models, queries
from seamline.calls import call
from seamline.contract import Money
from seamline.databases import execute, transaction
from seamline.events import publish
from seamline.work import Failure, Saga, Step

_CONFIRM = "UPDATE orders_order SET status = 'confirmed', payment_id = %s WHERE id = %s AND status = 'pending'"


class Checkout(NamedTuple):
    """An order on its way, as it was accepted."""

    order: models.Order
    lines: tuple[models.OrderLine, ...]

    @property
    def total(self) -> Money:
        return Money(self.order.total, self.order.currency)


def accepted(order_id: UUID) -> Checkout:
    order = models.Order.objects.prefetch_related("lines").get(id=order_id)
    return Checkout(order, tuple(order.lines.all()))


def reserve_stock(checkout: Checkout) -> Reservation:
    lines = tuple(StockLine(line.sku, line.quantity) for line in checkout.lines)
    return call(Inventory).reserve(checkout.order.id, lines)


def release_stock(checkout: Checkout) -> None:
    call(Inventory).release(checkout.order.id)


def authorise_payment(checkout: Checkout) -> Payment | None:
    order = checkout.order
    payment = call(Payments).authorise(order.id, order.customer_id, checkout.total, order.payment_method)
    if payment.status is not PaymentStatus.PENDING:
        return payment
    with transaction("orders"):
        models.Order.objects.filter(id=order.id).update(payment_id=payment.id)
    return None


def cancel_payment(checkout: Checkout) -> None:
    call(Payments).cancel(checkout.order.id)


def confirm(checkout: Checkout, payment: Payment) -> Order | None:
    order = checkout.order
    if not execute("orders", _CONFIRM, [payment.id, order.id]):
        return None
    publish(OrderCreated(order.id, order.customer_id, checkout.total))
    return structs.replace(queries.to_order(*checkout), status=OrderStatus.CONFIRMED, payment_id=payment.id)


def refuse(checkout: Checkout, failure: Failure) -> None:
    # An order that its customer cancelled meanwhile stays cancelled.
    pending = models.Order.objects.filter(id=checkout.order.id, status=OrderStatus.PENDING)
    pending.update(status=OrderStatus.REFUSED, refusal=failure.code)


CHECKOUT = Saga(
    module="orders",
    name="checkout",
    load_state=accepted,
    steps=(Step(reserve_stock, compensation=release_stock), Step(authorise_payment, compensation=cancel_payment)),
    complete=confirm,
    on_compensated=refuse,
    deadline=timedelta(minutes=15),
)
SAGAS = (CHECKOUT,)
