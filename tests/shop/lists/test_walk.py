"""Every list shows every row once, page by page, in both directions, though many rows are equal in what they go by."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seamline.module import active
from tests.shop.lists.conftest import LISTS, Fill, Get, listed

pytestmark = pytest.mark.django_db(databases=sorted({one.module for one in LISTS.values()} & {*active()}))
SAME = "timestamptz '2026-05-04 10:00+00'"


def walked(get: Get, url: str, way: str) -> list[list[str]]:
    """The rows of all pages, one way."""
    pages = []
    while url:
        page = get(url).json()
        pages.append([json.dumps(row, sort_keys=True) for row in page["results"]])
        url = page[way]
        assert len(pages) < 500, "there is no end"
    return pages


def last(get: Get, url: str) -> str:
    """The address of the last page."""
    while on := get(url).json()["next"]:
        url = on
    return url


def test_every_list_is_tried_here() -> None:
    assert {path for path in LISTS if LISTS[path].module in active()} == listed()


@pytest.mark.parametrize(
    ("rows", "limit", "moment"),
    [(30, 7, SAME), (30, 10, SAME), (600, 100, SAME), (40, 7, f"{SAME} + interval '1 s' * (n / 9)")],
    ids=["all equal", "the last page full", "more than a page of equals", "groups of equals"],
)
def test_each_row_is_shown_once_there_and_back(
    get: Get, path: str, fill: Fill, rows: int, limit: int, moment: str
) -> None:
    fill(rows, moment)
    first = f"{path}?limit={limit}"
    there = walked(get, first, "next")
    shown = [row for page in there for row in page]
    assert (len(shown), len(set(shown))) == (rows, rows)
    assert [len(page) for page in there[:-1]] == [limit] * (len(there) - 1)

    back = walked(get, last(get, first), "previous")
    assert [row for page in reversed(back) for row in page] == shown


def test_rows_that_go_meanwhile_move_nothing(get: Get, path: str, fill: Fill) -> None:
    from django.db import connections

    one = fill(30, SAME)
    page = get(f"{path}?limit=7").json()
    rest = [row for found in walked(get, page["next"], "next") for row in found]
    with connections[one.module].cursor() as cursor:
        if one.module == "orders":
            cursor.execute("DELETE FROM orders_orderline")
        ids = [row.get("id", row.get("sku")) for row in page["results"]]
        column = "id" if "id" in page["results"][0] else "sku"
        cursor.execute(f"DELETE FROM {one.table} WHERE {column}::text = ANY(%s)", [ids])
    assert len([row for found in walked(get, page["next"], "next") for row in found]) == len(rest) == 23


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


MADE_UP = [
    "",
    "made-up",
    "cD0yMDI2LTA1LTA0",
    encoded(b"null"),
    encoded(b"[]"),
    encoded(b"[false]"),
    encoded(b"[false,[]]"),
    encoded(b'[false,["2026-05-04T10:00:00Z"]]'),
    encoded(b'[false,["2026-05-04T10:00:00",0]]'),
    encoded(b'[false,["2026-05-04","x"]]'),
    encoded(b"[false,[1,2]]"),
    encoded(b"[false,[{},[]]]"),
    encoded(b'[false,["2026-05-04T10:00:00Z","\\u0000"]]'),
    encoded(b'[2,["2026-05-04T10:00:00Z","00000000-0000-0000-0000-000000000001"]]'),
    "ü",
    "A" * 3000,
]


@pytest.mark.parametrize("cursor", MADE_UP, ids=range(len(MADE_UP)))
def test_a_cursor_that_was_not_given_out_is_refused_with_the_field(get: Get, path: str, cursor: str, db: None) -> None:
    answer = get(f"{path}?cursor={cursor}")
    assert answer.status_code == 422, answer.content
    assert [error["path"] for error in answer.json()["errors"]] == ["cursor"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str) | st.uuids().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cursor=st.binary().map(encoded)
    | json_values.map(lambda value: encoded(json.dumps(value).encode()))
    | st.tuples(st.booleans(), st.lists(json_values, min_size=2, max_size=2)).map(
        lambda value: encoded(json.dumps(value).encode())
    )
    | st.tuples(
        st.booleans(),
        st.tuples(st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()), st.uuids().map(str)),
    ).map(lambda value: encoded(json.dumps(value).encode()))
)
def test_no_cursor_breaks_a_list(get: Get, path: str, db: None, cursor: Any) -> None:
    assert get(f"{path}?cursor={cursor}").status_code in (200, 422)
