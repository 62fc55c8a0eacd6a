"""How much one customer may have at a time: orders that wait for an answer, what they hold, and uses of a coupon.

Each that counts has a slot, a number up to the limit, and the database gives no slot twice: so that a limit holds at
the same instant too. An order that comes to its end gives its slots back, because they are unique among the others.
"""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError

from contracts.inventory import StockLine
from modules.orders.errors import CouponUsed, TooManyPending, TooManyPiecesPending, UnknownCoupon
from seamline.databases import fetch
from seamline.module import setting
from seamline.setting_errors import invalid_setting, is_whole_number

TAKEN_ONCE = ("orders_order_pkey", "order_pending_slot", "order_coupon_slot")
"""Constraints by which an id, and a slot, is given once."""

LARGEST = {"MAX_PENDING": 1000, "MAX_PENDING_PIECES": 10**9}

_STANDING = """
    SELECT EXISTS (SELECT FROM orders_order WHERE id = %(order)s),
           array_agg(pending_slot) FILTER (WHERE pending_slot IS NOT NULL),
           coalesce(sum((SELECT sum(quantity) FROM orders_orderline WHERE order_id = pending.id)), 0)
    FROM orders_order AS pending WHERE customer_id = %(customer)s AND status = 'pending'
"""
_COUPON = """
    SELECT percent, per_customer, ARRAY(
        SELECT coupon_slot FROM orders_order WHERE customer_id = %(customer)s AND coupon = %(coupon)s
            AND coupon_slot IS NOT NULL AND NOT status IN ('refused', 'cancelled'))
    FROM orders_coupon WHERE code = %(coupon)s AND active
"""


class Standing(NamedTuple):
    """What is stored of an order that is to be placed, and of its customer's pending ones."""

    is_known: bool
    slots: tuple[int, ...]
    """Those that pending orders have."""
    pieces: int
    """So many are in pending orders."""


class Discount(NamedTuple):
    percent: int = 0
    slot: int | None = None
    """None where there is no coupon, or one without a limit."""


def standing(order_id: UUID, customer_id: UUID) -> Standing:
    ((known, slots, pieces),) = fetch("orders", _STANDING, {"order": order_id, "customer": customer_id})
    return Standing(known, tuple(slots or ()), int(pieces))


def pending_slot(order_id: UUID, now: Standing, lines: Iterable[StockLine]) -> int:
    """Find a slot for one more pending order. Raises `TooManyPending` or `TooManyPiecesPending`."""
    orders, pieces = (int(setting("orders", name)) for name in LARGEST)
    if now.pieces + sum(line.quantity for line in lines) > pieces:
        raise TooManyPiecesPending(pieces)
    slot = _free(order_id, now.slots, orders)
    if slot is None:
        raise TooManyPending(orders)
    return slot


def discount(order_id: UUID, customer_id: UUID, coupon: str | None) -> Discount:
    """Find what a coupon takes off an order of a customer's. Raises `UnknownCoupon` or `CouponUsed`."""
    if coupon is None:
        return Discount()
    for percent, limit, taken in fetch("orders", _COUPON, {"customer": customer_id, "coupon": coupon}):
        slot = None if limit is None else _free(order_id, taken, limit)
        if limit is not None and slot is None:
            raise CouponUsed(coupon, limit)
        return Discount(percent, slot)
    raise UnknownCoupon(coupon)


def is_taken(error: IntegrityError) -> bool:
    """Whether another order was given the id or the slot meanwhile, so that it has to be looked again."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) in TAKEN_ONCE


def check_settings() -> None:
    """Find out at start that a limit is none. Raises `ImproperlyConfigured`."""
    for name, largest in LARGEST.items():
        given = setting("orders", name)
        if not is_whole_number(given, 1, largest):
            raise invalid_setting(f"ORDERS_{name}", given, f"a number from 1 to {largest}, such as 20")


def _free(order_id: UUID, taken: Iterable[int], limit: int) -> int | None:
    free = sorted({*range(1, limit + 1)}.difference(taken))
    # Two that are placed at once seldom meet.
    return free[order_id.int % len(free)] if free else None
