"""No list, and no search in one, reads a whole table: PostgreSQL counts, of the statements that were really sent."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections

from seamline.module import active
from tests.shop.lists.conftest import LISTS, Fill, Get

pytestmark = pytest.mark.django_db(databases=sorted({one.module for one in LISTS.values()} & {*active()}))
ROWS, OWNERS = 100_000, 1000
MOST = ROWS // 10
"""Rows that a page may read, where as many fit what is looked for. A scan of a table or of a whole index reads all."""
FEW = 1500
"""Rows that any other page may read."""
MANY_FIT = {"search=red+m7"}

Statement = tuple[str, Any]


@contextmanager
def statements(alias: str) -> Iterator[list[Statement]]:
    """What is sent to a database meanwhile."""
    sent: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append((sql, params))
        return execute(sql, params, many, context)

    with connections[alias].execute_wrapper(note):
        yield sent


def rows_read(alias: str, sql: str, params: Any) -> tuple[float, str]:
    """How many rows a statement reads, and its plan."""
    with connections[alias].cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0][0]["Plan"]
    return _rows(plan), json.dumps(plan, indent=1)


def _rows(node: dict[str, Any]) -> float:
    discarded = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    own = (
        (node["Actual Rows"] + discarded) * node["Actual Loops"]
        if node["Node Type"].endswith("Scan") and node["Node Type"] != "Bitmap Index Scan"
        else 0
    )
    return float(own + sum(_rows(inner) for inner in node.get("Plans", ())))


def test_no_page_reads_a_whole_table(get: Get, path: str, fill: Fill) -> None:
    one = fill(ROWS, "timestamptz '2026-05-04 10:00+00' + interval '1 s' * (n / 3)", OWNERS)
    for question in one.questions:
        url = f"{path}?{question}"
        for page in ("first", "second"):
            with statements(one.module) as sent:
                answer = get(url)
            assert answer.status_code == 200, answer.content
            assert sent, url
            for sql, params in sent:
                read, plan = rows_read(one.module, sql, params)
                assert read <= (MOST if question in MANY_FIT else FEW), (
                    f"the {page} page of {path}?{question} reads {read:.0f} rows\n{sql}\n{plan}"
                )
            if (url := answer.json()["next"]) is None:
                break
