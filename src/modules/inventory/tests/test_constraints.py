"""What the database itself refuses, whoever asks."""

from uuid import uuid4

import pytest
from django.db import IntegrityError

from contracts.inventory import Inventory, StockLine
from modules.inventory import service
from seamline.calls import call
from seamline.databases import cursor, transaction

pytestmark = pytest.mark.django_db(databases=["inventory"])


@pytest.fixture(autouse=True)
def stock() -> None:
    """Five mugs, two of them held for an order."""
    service.open_stock("MUG")
    service.adjust(uuid4(), "MUG", 5, "Opening stock")
    call(Inventory).reserve(uuid4(), (StockLine("MUG", 2),))


@pytest.mark.parametrize(
    ("refused_by", "statement"),
    [
        (
            "stock_reserved_not_negative",
            "UPDATE inventory_stock SET on_hand = -1, reserved = -1",
        ),
        (
            "stock_reserved_not_negative",
            "UPDATE inventory_stock SET reserved = -1",
        ),
        (
            "stock_never_oversold",
            "UPDATE inventory_stock SET reserved = on_hand + 1",
        ),
        (
            "stock_never_oversold",
            "UPDATE inventory_stock SET on_hand = reserved - 1",
        ),
        (
            "inventory_reservation_pkey",
            "INSERT INTO inventory_reservation SELECT order_id, 'held', now() FROM inventory_reservation",
        ),
        (
            "reservation_once_per_product",
            "INSERT INTO inventory_reservationline (reservation_id, sku, quantity) SELECT reservation_id,"
            " sku, 1 FROM inventory_reservationline",
        ),
        (
            "reservation_quantity_positive",
            "INSERT INTO inventory_reservationline (reservation_id, sku, quantity) SELECT order_id,"
            " 'SPOON', 0 FROM inventory_reservation",
        ),
        (
            "UPDATE of inventory_reservationline refused",
            "UPDATE inventory_reservationline SET quantity = 1",
        ),
        (
            "reservation_state_known",
            "UPDATE inventory_reservation SET state = 'lost'",
        ),
        (
            "UPDATE of inventory_adjustment refused",
            "UPDATE inventory_adjustment SET quantity = 500",
        ),
        (
            "DELETE of inventory_adjustment refused",
            "DELETE FROM inventory_adjustment",
        ),
    ],
)
def test_the_database_refuses(refused_by: str, statement: str) -> None:
    with pytest.raises(IntegrityError, match=refused_by), transaction("inventory"), cursor("inventory") as sql:
        sql.execute(statement)
