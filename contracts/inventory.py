"""Inventory: what is in stock, and who holds it."""

from uuid import UUID

from contracts.shop import Quantity, Sku
from seamline.contract import Category, Contract, ContractError, Value, command, query


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

    @command(raises=(OutOfStock, UnknownStock, ReservationOver), natural_key=True)
    def reserve(self, order_id: UUID, lines: tuple[StockLine, ...]) -> Reservation:
        """Hold all the lines for an order, or none. An order has one reservation: a repeat answers with it."""

    @command(natural_key=True)
    def release(self, order_id: UUID) -> None:
        """Give back what an order holds. An order that holds nothing gets no error, and can hold nothing later."""
