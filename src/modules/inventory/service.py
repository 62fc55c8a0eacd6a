from uuid import UUID

from django.db.models import F, QuerySet

from contracts.inventory import OutOfStock, Reservation, ReservationOver, StockLevel, StockLine, UnknownStock
from contracts.shop import Sku
from modules.inventory import models, queries
from seamline.contract import InvalidArguments
from seamline.databases import execute, insert, insert_new, transaction

State = models.Reservation.State
_TAKE = "UPDATE inventory_stock SET reserved = reserved + %s WHERE sku = %s AND on_hand - reserved >= %s"


def reserve(order_id: UUID, lines: tuple[StockLine, ...]) -> Reservation:
    if len({line.sku for line in lines}) < len(lines):
        raise InvalidArguments("each product may stand in one line")
    with transaction("inventory"):
        new = models.Reservation(order_id=order_id, state=State.HELD)
        if insert_new(new, "order_id"):
            return _hold(new, lines)
        reservation = models.Reservation.objects.get(order_id=order_id)
        if reservation.state != State.HELD:
            raise ReservationOver(order_id)
        return queries.to_reservation(reservation)


def release(order_id: UUID) -> None:
    with transaction("inventory"):
        # Where there is none, that is remembered: a reserve under way that arrives later holds nothing.
        insert_new(models.Reservation(order_id=order_id, state=State.RELEASED), "order_id")
        reservation = _locked(order_id)
        if reservation and reservation.state == State.HELD:
            _end(reservation, State.RELEASED, on_hand=0)


def ship(order_id: UUID) -> None:
    """What the order held has left the house."""
    with transaction("inventory"):
        reservation = _locked(order_id)
        if reservation and reservation.state == State.HELD:
            _end(reservation, State.SHIPPED, on_hand=-1)


def take_back(order_id: UUID) -> None:
    """What was shipped for the order is in the house again."""
    with transaction("inventory"):
        reservation = _locked(order_id)
        if reservation and reservation.state == State.SHIPPED:
            for line in _lines(reservation):
                _stock(line.stock_id).update(on_hand=F("on_hand") + line.quantity)
            reservation.state = State.RELEASED
            reservation.save(update_fields=["state"])


def adjust(adjustment_id: UUID, sku: Sku, quantity: int, reason: str) -> StockLevel:
    """Add `quantity` pieces, or take some away; once for each id.

    Raises `UnknownStock`, or `OutOfStock` for more than is available.
    """
    with transaction("inventory"):
        row = models.Stock.objects.select_for_update().filter(sku=sku).first()
        if row is None:
            raise UnknownStock(sku)
        if models.Adjustment.objects.filter(id=adjustment_id).exists():
            return queries.to_level(row)
        if row.on_hand - row.reserved + quantity < 0:
            raise OutOfStock(sku, -quantity, row.on_hand - row.reserved)
        row.on_hand += quantity
        row.save(update_fields=["on_hand"])
        models.Adjustment.objects.create(id=adjustment_id, stock=row, quantity=quantity, reason=reason)
    return queries.to_level(row)


def open_stock(sku: Sku) -> None:
    """Keep stock of a product from now on, none at first."""
    with transaction("inventory"):
        models.Stock.objects.get_or_create(sku=sku)


def _hold(reservation: models.Reservation, lines: tuple[StockLine, ...]) -> Reservation:
    # Always in the same order, so that two orders never wait for each other.
    ordered = tuple(sorted(lines, key=lambda line: line.sku))
    for line in ordered:
        if not execute("inventory", _TAKE, [line.quantity, line.sku, line.quantity]):
            raise OutOfStock(line.sku, line.quantity, queries.stock(line.sku).available)
    held = models.ReservationLine
    insert(*(held(reservation=reservation, stock_id=line.sku, quantity=line.quantity) for line in ordered))
    return Reservation(reservation.order_id, ordered)


def _end(reservation: models.Reservation, state: models.Reservation.State, on_hand: int) -> None:
    for line in _lines(reservation):
        _stock(line.stock_id).update(
            reserved=F("reserved") - line.quantity, on_hand=F("on_hand") + on_hand * line.quantity
        )
    reservation.state = state
    reservation.save(update_fields=["state"])


def _lines(reservation: models.Reservation) -> list[models.ReservationLine]:
    # In the order that they were held in, however the database sorts text.
    return sorted(reservation.lines.all(), key=lambda line: line.stock_id)


def _locked(order_id: UUID) -> models.Reservation | None:
    return models.Reservation.objects.select_for_update().filter(order_id=order_id).first()


def _stock(sku: Sku) -> QuerySet[models.Stock]:
    return models.Stock.objects.filter(sku=sku)
