from contracts.inventory import Reservation, StockLevel, StockLine, UnknownStock
from contracts.language import Sku
from modules.inventory import models


def stock(sku: Sku) -> StockLevel:
    row = models.Stock.objects.filter(sku=sku).first()
    if row is None:
        raise UnknownStock(sku)
    return to_level(row)


def to_level(row: models.Stock) -> StockLevel:
    return StockLevel(row.sku, row.on_hand - row.reserved, row.reserved, row.on_hand)


def to_reservation(row: models.Reservation) -> Reservation:
    lines = row.lines.order_by("stock_id")
    return Reservation(row.order_id, tuple(StockLine(line.stock_id, line.quantity) for line in lines))
