"""The lists of the API, each with many rows, asked for in this process so that its statements can be looked at."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from seamline.accounts import tokens
from seamline.accounts.log_ins import Turn
from seamline.module import active
from tests.client import API

USER = UUID(int=7)
_WORDS = "'Mug m' || n || CASE WHEN n % 2 = 0 THEN ' blue' ELSE ' red' END"


class List(NamedTuple):
    """A list, and how to fill it: `%(moment)s` is a row's `created_at`, by its number `n`."""

    module: str
    table: str
    fill: str
    questions: tuple[str, ...] = ("",)


LISTS = {
    "/parcels": List(
        "parcels",
        "parcels_parcel",
        """
        INSERT INTO parcels_parcel (id, depot, weight, created_at)
        SELECT gen_random_uuid(), 'north', n, %(moment)s FROM generate_series(1, %(rows)s) AS n
        """,
    ),
    "/products": List(
        "catalog",
        "catalog_product",
        f"""
        INSERT INTO catalog_product (id, sku, name, description, price, currency, active, created_at)
        SELECT gen_random_uuid(), 'SKU-' || n, {_WORDS}, '', 100, 'EUR', true, %(moment)s
        FROM generate_series(1, %(rows)s) AS n
        """,
        ("", "search=m4711", "search=m471", "search=sku-4711", "search=nothing", "search=mug", "search=red+m7"),
    ),
    "/orders": List(
        "orders",
        "orders_order",
        """
        INSERT INTO orders_order (id, customer_id, status, currency, discount, total, payment_method, payment_id,
                                  refusal, created_at)
        SELECT gen_random_uuid(), lpad(to_hex(%(owner)s), 32, '0')::uuid, 'delivered', 'EUR', 0, 100, 'x:y',
               gen_random_uuid(), '', %(moment)s
        FROM generate_series(1, %(rows)s) AS n;
        INSERT INTO orders_orderline (order_id, sku, name, quantity, price)
        SELECT id, 'MUG', 'Mug', 1, 100 FROM orders_order;
        ANALYZE orders_orderline;
        """,
        ("", "status=delivered", "status=pending"),
    ),
    "/notifications": List(
        "notifications",
        "notifications_notification",
        """
        INSERT INTO notifications_notification (id, user_id, kind, text, order_id, created_at)
        SELECT gen_random_uuid(), lpad(to_hex(%(owner)s), 32, '0')::uuid, 'welcome', 'Welcome!', NULL, %(moment)s
        FROM generate_series(1, %(rows)s) AS n
        """,
    ),
}
HERE = [path for path, one in LISTS.items() if one.module in active()]


def listed() -> set[str]:
    """The paths of all lists that there are in the documentation of what lives here."""
    paths: dict[str, Any] = SchemaGenerator().get_schema(public=True)["paths"]
    with_cursor = {
        path
        for path, item in paths.items()
        if any(parameter["name"] == "cursor" for parameter in item.get("get", {}).get("parameters", ()))
        and {*item["get"]["tags"]} & {*active()}
    }
    return {path.removeprefix(API) for path in with_cursor}


Fill = Callable[..., List]
Get = Callable[[str], Any]


@pytest.fixture(params=HERE)
def path(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def fill(path: str, db: None) -> Iterator[Fill]:
    """Put rows into the list: of as many owners as are told, of whom `USER` is one."""
    one = LISTS[path]

    def filled(rows: int, moment: str, owners: int = 1) -> List:
        with connections[one.module].cursor() as cursor:
            values = {
                "rows": str(rows),
                "moment": moment,
                "owner": f"n %% {owners} + {USER.int - 1 if owners > 1 else USER.int}",
            }
            statement = one.fill
            for name, value in values.items():
                statement = statement.replace(f"%({name})s", value.replace("%%", "%"))
            for part in filter(str.strip, (*statement.split(";"), f"ANALYZE {one.table}")):
                cursor.execute(part)
        return one

    yield filled


@pytest.fixture
def get(client: Client) -> Get:
    """Ask for a page as `USER`."""
    token = tokens.issue("users", USER, "", Turn(uuid4(), 0)).access

    def page(url: str) -> Any:
        return client.get(
            url if url.startswith("http") else f"{API}{url}", headers={"Authorization": f"Bearer {token}"}
        )

    return page
