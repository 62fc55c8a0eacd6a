"""Is the stock what came in less what was sold, and is reserved what is held?"""

from collections.abc import Iterator
from typing import Any

from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from modules.inventory.models import Adjustment, Reservation, ReservationLine, Stock
from seamline.audit import Checked, Fact, Facts, Finding, fact, pages, text_of_counts

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


def _level(row: Any) -> Iterator[Finding]:
    if row.reserved != row.held:
        yield Finding(f"stock {row.sku}", f"{row.reserved} are reserved, and orders hold {row.held}")
    if row.on_hand != row.adjusted - row.shipped:
        came = f"{row.adjusted} came in and {row.shipped} were sold"
        yield Finding(f"stock {row.sku}", f"{row.on_hand} are on hand, and {came}")


def _lines(state: Reservation.State) -> QuerySet[ReservationLine]:
    return ReservationLine.objects.filter(reservation__state=state)


def _total(rows: QuerySet) -> Coalesce:
    sums = rows.filter(stock=OuterRef("pk")).order_by().values("stock").annotate(total=Sum("quantity")).values("total")
    return Coalesce(Subquery(sums, output_field=BigIntegerField()), 0)


def _reservation(row: Reservation) -> Fact:
    pieces = text_of_counts({line.stock_id: line.quantity for line in row.lines.all()})
    return fact(row.order_id, row.created_at, state=row.state, pieces=pieces)


FACTS = (Facts("reservation", lambda: Reservation.objects.prefetch_related("lines"), "order_id", _reservation),)
