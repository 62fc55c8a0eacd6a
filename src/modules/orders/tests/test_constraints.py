"""What the database itself refuses, whoever asks."""

from uuid import uuid4

import pytest
from django.db import IntegrityError

from contracts.inventory import StockLine
from contracts.users import Profile
from modules.orders import service
from seamline.databases import cursor, transaction

pytestmark = pytest.mark.django_db(databases=["orders"])


@pytest.fixture(autouse=True)
def order() -> None:
    """A confirmed order."""
    service.place(uuid4(), Profile(uuid4(), "ada"), (StockLine("MUG", 2),), None, "sandbox:approve")


@pytest.mark.parametrize(
    ("refused_by", "statement"),
    [
        (
            "UPDATE of orders_order refused",
            "UPDATE orders_order SET total = total - 1",
        ),
        (
            "UPDATE of orders_order refused",
            "UPDATE orders_order SET customer_id = gen_random_uuid()",
        ),
        (
            "order_paid_if_confirmed",
            "UPDATE orders_order SET payment_id = NULL",
        ),
        (
            "order_status_known",
            "UPDATE orders_order SET status = 'lost'",
        ),
        (
            "UPDATE of orders_orderline refused",
            "UPDATE orders_orderline SET quantity = 0",
        ),
        (
            "UPDATE of orders_orderline refused",
            "UPDATE orders_orderline SET price = price - 1",
        ),
        (
            "order_line_once_per_product",
            "INSERT INTO orders_orderline (order_id, sku, name, quantity, price) SELECT order_id, sku,"
            " name, 1, 1 FROM orders_orderline",
        ),
        (
            "order_line_quantity_positive",
            "INSERT INTO orders_orderline (order_id, sku, name, quantity, price) SELECT order_id, 'SPOON',"
            " '', 0, 1 FROM orders_orderline",
        ),
        (
            "order_total_not_negative",
            "INSERT INTO orders_order (id, customer_id, status, currency, discount, total, payment_method,"
            " refusal, created_at) VALUES (gen_random_uuid(), gen_random_uuid(), 'pending', 'EUR', 0, -1,"
            " '', '', now())",
        ),
        (
            "order_discount_not_negative",
            "INSERT INTO orders_order (id, customer_id, status, currency, discount, total, payment_method,"
            " refusal, created_at) VALUES (gen_random_uuid(), gen_random_uuid(), 'pending', 'EUR', -1, 1,"
            " '', '', now())",
        ),
        (
            "order_paid_if_confirmed",
            "INSERT INTO orders_order (id, customer_id, status, currency, discount, total, payment_method,"
            " refusal, created_at) VALUES (gen_random_uuid(), gen_random_uuid(), 'confirmed', 'EUR', 0, 1,"
            " '', '', now())",
        ),
    ],
)
def test_the_database_refuses(refused_by: str, statement: str) -> None:
    with pytest.raises(IntegrityError, match=refused_by), transaction("orders"), cursor("orders") as sql:
        sql.execute(statement)
