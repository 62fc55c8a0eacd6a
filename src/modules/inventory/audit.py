"""Is the stock what came in less what was sold, and is all that is held held for an order?"""

from collections.abc import Iterator
from typing import Any

from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from contracts.orders import Orders
from modules.inventory.models import Adjustment, Reservation, ReservationLine, Stock
from seamline.audit import Checked, Finding, is_young, pages, undo
from seamline.calls import call

State = Reservation.State


def checks() -> Iterator[Checked]:
    # One statement for all of a product, so that nothing changes between two looks.
    levels = Stock.objects.annotate(
        held=_total(_lines(State.HELD)),
        shipped=_total(_lines(State.SHIPPED)),
        adjusted=_total(Adjustment.objects.all()),
    )
    for stock in pages(levels):
        yield Checked(len(stock), tuple(finding for row in stock for finding in _level(row)))
    for reservations in pages(Reservation.objects.filter(state__in=(State.HELD, State.SHIPPED))):
        yield Checked(len(reservations), tuple(_without_order(reservations)))


def _level(row: Any) -> Iterator[Finding]:
    if row.reserved != row.held:
        yield Finding(f"stock {row.sku}", f"{row.reserved} are reserved, and orders hold {row.held}")
    if row.on_hand != row.adjusted - row.shipped:
        came = f"{row.adjusted} came in and {row.shipped} were sold"
        yield Finding(f"stock {row.sku}", f"{row.on_hand} are on hand, and {came}")


def _without_order(reservations: list[Reservation]) -> Iterator[Finding]:
    known = {order.id for order in call(Orders).orders(tuple(row.order_id for row in reservations))}
    for row in reservations:
        if row.order_id not in known:
            problem = f"is {row.state} for an order that does not exist"
            way = "release" if row.state == State.HELD else "take_back"
            remedy = undo("inventory", f"{way}('{row.order_id}')")
            yield Finding(f"reservation {row.order_id}", problem, is_young(row.created_at), remedy)


def _lines(state: Reservation.State) -> QuerySet[ReservationLine]:
    return ReservationLine.objects.filter(reservation__state=state)


def _total(rows: QuerySet) -> Coalesce:
    sums = rows.filter(stock=OuterRef("pk")).order_by().values("stock").annotate(total=Sum("quantity")).values("total")
    return Coalesce(Subquery(sums, output_field=BigIntegerField()), 0)
