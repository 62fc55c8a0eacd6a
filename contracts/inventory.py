"""Inventory: what is in stock, and who holds it."""

import enum
from uuid import UUID

from contracts.shop import Quantity, Sku
from seamline.contract import Category, Contract, ContractError, Ids, Value, command, query


class StockLevel(Value):
    """How many pieces of a product there are: `on_hand` is `available` and `reserved` together."""

    sku: Sku
    available: int
    reserved: int
    on_hand: int


class StockLine(Value):
    """So many pieces of one product."""

    sku: Sku
    quantity: Quantity


class Reservation(Value):
    """Pieces held for an order until they ship or are released."""

    order_id: UUID
    lines: tuple[StockLine, ...]


class ReservationState(enum.StrEnum):
    """What became of what an order held."""

    HELD = "held"
    SHIPPED = "shipped"
    RELEASED = "released"
    """Given back, or never held: the order can hold nothing any more."""


class ReservationStatus(Value):
    """An order's reservation, and what became of it."""

    order_id: UUID
    state: ReservationState
    lines: tuple[StockLine, ...]


class UnknownStock(ContractError, category=Category.NOT_FOUND):
    """No stock is kept of this product."""

    sku: Sku


class OutOfStock(ContractError, category=Category.CONFLICT):
    """Fewer are available than were asked for."""

    sku: Sku
    requested: int
    available: int


class ReservationOver(ContractError, category=Category.CONFLICT):
    """What the order held was released or shipped, and it can hold nothing more."""

    order_id: UUID


class Inventory(Contract, module="inventory", version=1):
    """What is in stock, and who holds it."""

    @query(raises=(UnknownStock,))
    def stock(self, sku: Sku) -> StockLevel:
        """How many pieces of a product there are."""

    @query(timeout=10.0)
    def reservations(self, order_ids: Ids) -> tuple[ReservationStatus, ...]:
        """What became of the reservations of these orders; those that have none are left out."""

    @command(raises=(OutOfStock, UnknownStock, ReservationOver), natural_key=True)
    def reserve(self, order_id: UUID, lines: tuple[StockLine, ...]) -> Reservation:
        """Hold all the lines for an order, or none. An order has one reservation: a repeat answers with it."""

    @command(natural_key=True)
    def release(self, order_id: UUID) -> None:
        """Give back what an order holds. An order that holds nothing gets no error, and can hold nothing later."""
