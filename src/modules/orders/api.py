from typing import Annotated
from uuid import UUID

import msgspec
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from contracts.catalog import UnknownProduct
from contracts.inventory import OutOfStock, StockLine
from contracts.orders import Coupon, Order, OrderStatus, UnknownOrder
from contracts.payments import PaymentDeclined, PaymentMethod, UnknownProvider
from contracts.users import Nickname, UnknownUser, Users
from modules.orders import queries, service
from modules.orders.errors import (
    CouponUsed,
    IllegalTransition,
    MixedCurrencies,
    NotForCustomers,
    OrderRefused,
    OrderTooLarge,
    TooManyPending,
    TooManyPiecesPending,
    UnknownCoupon,
)
from seamline.calls import call
from seamline.contract import AvailabilityError, Value
from seamline.http import (
    PAGE_PARAMETERS,
    Created,
    Endpoint,
    FieldError,
    Guess,
    Invalid,
    Page,
    Throttle,
    endpoint,
    guessing,
    paginate,
    user,
)

STATUS = OpenApiParameter("status", str, enum=list(OrderStatus), description="Only orders of this status.")


COUPONS = Throttle(10, 3600, name="coupons")
"""Those that there are not."""


class NewOrder(Value):
    """What places an order."""

    lines: Annotated[tuple[StockLine, ...], msgspec.Meta(min_length=1, max_length=50)]
    payment_method: PaymentMethod
    coupon: Coupon | None = None


class StatusChange(Value):
    """Where an order is to go."""

    status: OrderStatus


class OrderWithNickname(Order, kw_only=True):
    """An order, with the name of who ordered."""

    nickname: Nickname | None
    """Null while the users module is away."""


class OrderPage(Page[Order]):
    """Some of a customer's orders."""


class OrdersView(Endpoint):
    @endpoint(access=user, returns=OrderPage, parameters=(STATUS, *PAGE_PARAMETERS))
    def get(self, request: Request) -> Page[Order]:
        """List one's own orders, newest first.

        Refused orders are left out unless asked for with `status=refused`.
        """
        rows = queries.orders_of(self.user.id, _status(request.GET.get("status")))
        return paginate(request, rows, "-created_at", queries.to_order)

    @endpoint(
        access=user,
        body=NewOrder,
        returns=OrderWithNickname,
        status=201,
        also=(202,),
        raises=(
            UnknownProduct,
            OutOfStock,
            OrderRefused,
            PaymentDeclined,
            UnknownProvider,
            UnknownCoupon,
            CouponUsed,
            TooManyPending,
            TooManyPiecesPending,
            MixedCurrencies,
            OrderTooLarge,
            UnknownUser,
        ),
        idempotent=True,
    )
    def post(self, request: Request, body: NewOrder, new_id: UUID) -> Created:
        """Place an order.

        201 when it is confirmed: the stock is held and the payment authorised. 202 when an answer is awaited, from
        the payment provider say: look at `Location` later. A customer may have twenty such orders at a time, of ten
        thousand pieces together, unless the shop is set otherwise, and use most coupons once.
        """
        _refuse_repeated_products(body.lines)
        customer = call(Users).profile(self.user.id)
        guesses = [Guess(COUPONS, str(self.user.id))] if body.coupon else []
        with guessing("orders", *guesses, wrong=UnknownCoupon):
            order = service.place(new_id, customer, body.lines, body.coupon, body.payment_method)
        status = 202 if order.status is OrderStatus.PENDING else 201
        return Created(_named(order, customer.nickname), f"/api/v1/orders/{order.id}", status)


class OrderView(Endpoint):
    @endpoint(access=user, returns=OrderWithNickname, raises=(UnknownOrder,))
    def get(self, request: Request, order_id: UUID) -> OrderWithNickname:
        """Read an order.

        A user reads their own; staff with `orders:write` any.
        """
        order = queries.order(order_id)
        if order.customer_id != self.user.id and not self.user.may("orders:write"):
            raise UnknownOrder(order_id)
        return _with_nickname(order)


class OrderStatusView(Endpoint):
    @endpoint(
        access=user,
        body=StatusChange,
        returns=OrderWithNickname,
        raises=(UnknownOrder, IllegalTransition, NotForCustomers),
    )
    def patch(self, request: Request, order_id: UUID, body: StatusChange) -> OrderWithNickname:
        """Change an order's status.

        Customers cancel a pending or confirmed order of theirs; staff with `orders:write` also ship, deliver, and
        take back.
        """
        customer = None if self.user.may("orders:write") else self.user.id
        return _with_nickname(service.change_status(order_id, body.status, customer))


def _with_nickname(order: Order) -> OrderWithNickname:
    try:
        nickname = call(Users, timeout=1.0).profile(order.customer_id).nickname
    except (AvailabilityError, UnknownUser):
        nickname = None
    return _named(order, nickname)


def _named(order: Order, nickname: Nickname | None) -> OrderWithNickname:
    return OrderWithNickname(**msgspec.structs.asdict(order), nickname=nickname)


def _refuse_repeated_products(lines: tuple[StockLine, ...]) -> None:
    skus = [line.sku for line in lines]
    repeated = [number for number, sku in enumerate(skus) if sku in skus[:number]]
    if repeated:
        errors = tuple(FieldError(f"$.lines[{n}].sku", f"{skus[n]} is in an earlier line too") for n in repeated)
        raise Invalid("Each product may stand in one line", errors)


def _status(word: str | None) -> OrderStatus | None:
    try:
        return OrderStatus(word) if word else None
    except ValueError:
        known = ", ".join(OrderStatus)
        raise Invalid("There is no such status", (FieldError("status", f"must be one of {known}"),)) from None
