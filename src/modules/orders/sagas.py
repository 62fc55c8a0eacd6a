"""Checkout: stock is reserved, then the payment authorised; each step has its compensation beside it."""

from datetime import timedelta
from uuid import UUID

from contracts.inventory import Inventory, Reservation, StockLine
from contracts.language import Money
from contracts.orders import OrderCreated, OrderStatus
from contracts.payments import Payment, Payments, PaymentStatus
from kernel.calls import call
from kernel.databases import transaction
from kernel.events import publish
from kernel.sagas import Refusal, Saga, Step
from modules.orders.models import Order, OrderLine


def reserve_stock(order_id: UUID) -> Reservation:
    lines = OrderLine.objects.filter(order_id=order_id)
    return call(Inventory).reserve(order_id, tuple(StockLine(line.sku, line.quantity) for line in lines))


def release_stock(order_id: UUID) -> None:
    call(Inventory).release(order_id)


def authorise_payment(order_id: UUID) -> Payment | None:
    order = Order.objects.get(id=order_id)
    payment = call(Payments).authorise(
        order_id, order.customer_id, Money(order.total, order.currency), order.payment_method
    )
    if payment.status is not PaymentStatus.PENDING:
        return payment
    with transaction("orders"):
        Order.objects.filter(id=order_id).update(payment_id=payment.id)
    return None


def cancel_payment(order_id: UUID) -> None:
    call(Payments).cancel(order_id)


def confirm(order_id: UUID, payment: Payment) -> None:
    order = Order.objects.select_for_update().get(id=order_id)
    if order.status == OrderStatus.PENDING:
        order.status, order.payment_id = OrderStatus.CONFIRMED, payment.id
        order.save(update_fields=["status", "payment_id"])
        publish(OrderCreated(order_id, order.customer_id, Money(order.total, order.currency)))


def refuse(order_id: UUID, refusal: Refusal) -> None:
    # An order that its customer cancelled meanwhile stays cancelled.
    Order.objects.filter(id=order_id, status=OrderStatus.PENDING).update(
        status=OrderStatus.REFUSED, refusal=refusal.code
    )


CHECKOUT = Saga(
    module="orders",
    name="checkout",
    steps=(Step(reserve_stock, compensation=release_stock), Step(authorise_payment, compensation=cancel_payment)),
    complete=confirm,
    abandon=refuse,
    deadline=timedelta(minutes=15),
)
SAGAS = (CHECKOUT,)
