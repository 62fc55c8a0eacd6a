from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.utils import timezone

from contracts.inventory import Reservation, StockLevel, StockLine, UnknownStock
from contracts.shop import Sku
from modules.inventory import models
from seamline.contract import Ids

BATCH = 200


def stock(sku: Sku) -> StockLevel:
    row = models.Stock.objects.filter(sku=sku).first()
    if row is None:
        raise UnknownStock(sku)
    return to_level(row)


def held_since(age: timedelta) -> Iterator[Ids]:
    """The orders that have held something for so long, as many at a time as others may be asked about."""
    held = models.Reservation.objects.filter(state=models.Reservation.State.HELD, created_at__lt=timezone.now() - age)
    order_ids = list(held.order_by("created_at").values_list("order_id", flat=True))
    for begin in range(0, len(order_ids), BATCH):
        yield tuple(order_ids[begin : begin + BATCH])


def to_level(row: models.Stock) -> StockLevel:
    return StockLevel(row.sku, row.on_hand - row.reserved, row.reserved, row.on_hand)


def to_reservation(row: models.Reservation) -> Reservation:
    return Reservation(row.order_id, _lines(row.lines.all()))


def _lines(rows: Iterable[models.ReservationLine]) -> tuple[StockLine, ...]:
    return tuple(sorted((StockLine(row.stock_id, row.quantity) for row in rows), key=lambda line: line.sku))
