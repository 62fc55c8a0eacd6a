"""What an order costs."""

from typing import NamedTuple

from contracts.catalog import Price
from contracts.inventory import StockLine
from contracts.language import Money
from modules.orders.errors import MixedCurrencies, OrderTooLarge, UnknownCoupon
from modules.orders.models import Coupon

MOST = 10**12
"""The most that an order may cost, in minor units."""


class Cost(NamedTuple):
    discount: Money
    total: Money


def cost(lines: tuple[StockLine, ...], prices: tuple[Price, ...], coupon: str | None) -> Cost:
    """The total of `lines` at `prices`, and what the coupon takes off it, rounded half to even.

    Raises `MixedCurrencies`, `OrderTooLarge` or `UnknownCoupon`.
    """
    if len({price.price.currency for price in prices}) > 1:
        raise MixedCurrencies()
    full = Money(0, prices[0].price.currency)
    for line, price in zip(lines, prices, strict=True):
        full += price.price * line.quantity
    if full.amount > MOST:
        raise OrderTooLarge()
    discount = full.percent(_percent(coupon))
    return Cost(discount, full - discount)


def _percent(coupon: str | None) -> int:
    if coupon is None:
        return 0
    row = Coupon.objects.filter(code=coupon, active=True).first()
    if row is None:
        raise UnknownCoupon(coupon)
    return row.percent
