"""What an order costs."""

from typing import NamedTuple

from contracts.catalog import Price
from contracts.inventory import StockLine
from modules.orders.errors import MixedCurrencies, OrderTooLarge
from seamline.contract import Money

MOST = 10**12
"""The most that an order may cost, in minor units."""


class Cost(NamedTuple):
    discount: Money
    total: Money


def cost(lines: tuple[StockLine, ...], prices: tuple[Price, ...], percent: int) -> Cost:
    """Work out the total of `lines` at `prices`, and the `percent` that are taken off it, rounded half to even.

    Raises `MixedCurrencies` or `OrderTooLarge`.
    """
    if len({price.price.currency for price in prices}) > 1:
        raise MixedCurrencies()
    full = Money(0, prices[0].price.currency)
    for line, price in zip(lines, prices, strict=True):
        full += price.price * line.quantity
    if full.amount > MOST:
        raise OrderTooLarge()
    discount = full.percent(percent)
    return Cost(discount, full - discount)
