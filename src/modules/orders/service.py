from typing import cast
from uuid import UUID

from django.db import IntegrityError

from contracts.catalog import Catalog, Price
from contracts.inventory import StockLine
from contracts.orders import Order, OrderCancelled, OrderReturned, OrderShipped, OrderStatus, UnknownOrder
from contracts.users import Profile
from modules.orders import limits, models, queries
from modules.orders.errors import IllegalTransition, NotForCustomers, OrderRefused
from modules.orders.lifecycle import BY_CUSTOMER, BY_STAFF, TRANSITIONS
from modules.orders.pricing import cost
from modules.orders.sagas import CHECKOUT, Checkout
from seamline.calls import call
from seamline.contract import Money
from seamline.databases import insert, transaction
from seamline.events import publish
from seamline.work import Failure


def place(order_id: UUID, customer: Profile, lines: tuple[StockLine, ...], coupon: str | None, method: str) -> Order:
    """Accept an order and take it as far as it goes: confirmed, or pending where an answer is awaited.

    A repeat with the same `order_id` goes on with the same order. Raises what refuses it: an unknown product, a coupon
    or a limit (nothing is stored then), or what `Inventory.reserve` and `Payments.authorise` refuse with.
    """
    checkout = _accept(order_id, customer, lines, coupon, method)
    outcome = CHECKOUT.run_started(order_id, checkout) if checkout else CHECKOUT.resume(order_id)
    if outcome and outcome.result:
        return cast(Order, outcome.result)
    if outcome and outcome.error:
        raise outcome.error
    order = queries.order(order_id)
    if order.status is OrderStatus.REFUSED:
        raise OrderRefused(order_id)
    return order


def change_status(order_id: UUID, wanted: OrderStatus, customer_id: UUID | None) -> Order:
    """Move an order on: for its customer, or for staff where `customer_id` is None.

    Raises `UnknownOrder`, `IllegalTransition`, or `NotForCustomers`.
    """
    with transaction("orders"):
        if wanted is OrderStatus.CANCELLED:
            # The checkout's row is locked before the order's, as the checkout does it; a refusal below undoes this.
            CHECKOUT.compensate(order_id, Failure("orders.cancelled", "The customer cancelled"))
        order = models.Order.objects.select_for_update().filter(id=order_id).first()
        if order is None or customer_id not in (None, order.customer_id):
            raise UnknownOrder(order_id)
        before = OrderStatus(order.status)
        if customer_id is not None and wanted in BY_STAFF - BY_CUSTOMER:
            raise NotForCustomers(wanted)
        if wanted not in TRANSITIONS[before] & BY_STAFF:
            raise IllegalTransition(order_id, before, wanted)
        order.status = wanted
        order.save(update_fields=["status"])
        _tell(order)
    return queries.order(order_id)


def payment_settled(order_id: UUID) -> None:
    """The answer that the checkout of an order waits for is there."""
    CHECKOUT.wake(order_id)


def _accept(
    order_id: UUID, customer: Profile, lines: tuple[StockLine, ...], coupon: str | None, method: str
) -> Checkout | None:
    """Store a new order and the beginning of its checkout; None for one that is known."""
    prices: tuple[Price, ...] = ()
    while not (standing := limits.standing(order_id, customer.id)).is_known:
        prices = prices or call(Catalog).prices(tuple(line.sku for line in lines))
        off = limits.discount(order_id, customer.id, coupon)
        discount, total = cost(lines, prices, off.percent)
        row = models.Order(
            id=order_id,
            customer_id=customer.id,
            status=OrderStatus.PENDING,
            currency=total.currency,
            discount=discount.amount,
            total=total.amount,
            coupon=coupon,
            coupon_slot=off.slot,
            pending_slot=limits.pending_slot(order_id, standing, lines),
            payment_method=method,
        )
        try:
            return _store(row, lines, prices)
        except IntegrityError as error:
            if not limits.is_taken(error):
                raise
    return None


def _store(row: models.Order, lines: tuple[StockLine, ...], prices: tuple[Price, ...]) -> Checkout:
    ordered = tuple(
        models.OrderLine(order=row, sku=line.sku, name=price.name, quantity=line.quantity, price=price.price.amount)
        for line, price in zip(lines, prices, strict=True)
    )
    with transaction("orders"):
        insert(row)
        insert(*ordered)
        CHECKOUT.start(row.id)
    return Checkout(row, ordered)


def _tell(order: models.Order) -> None:
    total = Money(order.total, order.currency)
    match order.status:
        case OrderStatus.SHIPPED:
            publish(OrderShipped(order.id, order.customer_id))
        case OrderStatus.RETURNED:
            publish(OrderReturned(order.id, order.customer_id, total))
        case OrderStatus.CANCELLED:
            publish(OrderCancelled(order.id, order.customer_id, total))
