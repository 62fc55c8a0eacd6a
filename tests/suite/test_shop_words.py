"""The machinery is any system's: no word of the shop, which is the example, stands in it or its tests."""

import re
from collections.abc import Iterator

import pytest

from extraction.reading.project import Project
from tests.processes import REPOSITORY

MACHINERY = ("src/seamline", "src/config", "extraction")
ITS_TESTS = ("tests/accounts", "tests/architecture", "tests/contracts", "tests/reliability", "tests/serving")
RULES = "src/config/audits/"
"""What the shop's modules have to have in common: the shop's own."""
PROJECT = Project.at(REPOSITORY)
EVERYDAY = {"users"}
"""Modules whose name is a word that the machinery needs too: only as a module's name it is the shop's."""
GOODS = ("ada", "coupon", "coupons", "mug", "mugs", "shop", "sku", "skus", "teapot", "teapots")
NAMES = sorted({*PROJECT.folders} - EVERYDAY)
SHOP = re.compile(
    rf"(?<![a-z])(?<!pg_)(?:{'|'.join([*NAMES, *GOODS])})(?![a-z])"
    rf"|(?:modules|contracts)[./](?:{'|'.join(EVERYDAY)})(?![a-z])"
    rf"|(?<![a-z])(?:{'|'.join(EVERYDAY)})(?:_url|-service|/v\d)|([`\"'])(?:{'|'.join(EVERYDAY)})(?:\1|:[a-z])"
    r"|(?-i:\bOrder(?=[A-Z`]))|\border_ids?\b|\bon_order_",
    re.IGNORECASE,
)
SEEN = (
    "contracts.orders.Order",
    "ORDERS_URL=",
    "in orders_order",
    "`OrderView`",
    '"users"',
    "'users:read'",
    "users/v1",
    "from modules.users import",
    "Catalog",
    "Ada",
    "skus: tuple",
)
LET_BE = ("\"Users' tokens", "as users:", "users.lock", "in order", "Order(ed)", "pg_catalog.pg_class", "reorders")


def lines(folder: str) -> Iterator[tuple[str, int, str]]:
    for path in (path for path in PROJECT.files(folder) if not path.startswith(RULES)):
        for number, line in enumerate((REPOSITORY / path).read_text().splitlines(), 1):
            yield path, number, line


@pytest.mark.parametrize("folder", (*MACHINERY, *ITS_TESTS))
def test_the_machinery_has_no_word_of_the_shop(folder: str) -> None:
    assert [f"{path}:{number}: {line}" for path, number, line in lines(folder) if SHOP.search(line)] == []


@pytest.mark.parametrize("line", SEEN)
def test_a_word_of_the_shop_is_seen(line: str) -> None:
    assert SHOP.search(line)


@pytest.mark.parametrize("line", LET_BE)
def test_an_everyday_word_is_let_be(line: str) -> None:
    assert not SHOP.search(line)
