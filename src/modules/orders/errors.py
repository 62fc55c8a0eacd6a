from uuid import UUID

from contracts.orders import Coupon, OrderStatus
from seamline.contract import Category, ContractError


class OrderRefused(ContractError, category=Category.CONFLICT):
    """The order was refused before."""

    order_id: UUID


class IllegalTransition(ContractError, category=Category.CONFLICT):
    """An order cannot go from here to there."""

    order_id: UUID
    status: OrderStatus
    wanted: OrderStatus


class NotForCustomers(ContractError, category=Category.FORBIDDEN):
    """Only staff may change an order to this status."""

    wanted: OrderStatus


class UnknownCoupon(ContractError, category=Category.INVALID):
    """There is no such coupon."""

    coupon: Coupon


class CouponUsed(ContractError, category=Category.CONFLICT):
    """The coupon was used as often as one customer may. An order that is refused or cancelled gives its use back."""

    coupon: Coupon
    per_customer: int


class TooManyPending(ContractError, category=Category.CONFLICT):
    """As many orders of this customer as may be are pending: wait until one is settled, or cancel one."""

    limit: int


class TooManyPiecesPending(ContractError, category=Category.CONFLICT):
    """The pending orders of this customer would hold more pieces than they may: order fewer, or cancel one."""

    limit: int


class OrderTooLarge(ContractError, category=Category.INVALID):
    """The order costs more than can be paid at once."""


class MixedCurrencies(ContractError, category=Category.INVALID):
    """The products are not sold in one currency; order them apart."""
