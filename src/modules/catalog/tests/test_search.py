"""Which products a search finds."""

import string
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contracts.catalog import Product
from modules.catalog import queries, service
from seamline.contract import Money

pytestmark = pytest.mark.django_db(databases=["catalog"])
WORDS = st.text(st.sampled_from(string.ascii_letters + string.digits + "äßéЖ茶"), min_size=1, max_size=12)
BETWEEN = st.text(st.sampled_from(string.punctuation + " "), min_size=1, max_size=3)


def found(search: str) -> list[str]:
    condition = queries.having(search)
    rows = queries.products_for_sale()
    return sorted(row.sku for row in (rows if condition is None else rows.filter(condition)))


def add(name: str, sku: str = "SKU-1") -> None:
    service.add(uuid4(), Product(sku, name, "", Money(1, "EUR")))


@pytest.mark.parametrize(
    ("name", "search"),
    [
        ("Teapot", "teapo"),
        ("Blue mug", "MUG"),
        ("Blue mug", "mu bl"),
        ("Tea/coffee set", "coffee"),
        ("Jug (1.5 l)", "1.5"),
        ("Cup, www.example.com", "example"),
        ("R&D <b>mug</b>", "mug"),
        ("Set of -3", "3"),
        ("Cup", "sku"),
        ("Cup", "SKU-1"),
        ("Cup", "1"),
    ],
)
def test_the_beginning_of_each_word_finds_it(name: str, search: str) -> None:
    add(name)
    assert found(search) == ["SKU-1"]


@pytest.mark.parametrize("search", ["eapot", "teapot mug", "tea pot"])
def test_anything_else_does_not(search: str) -> None:
    add("Teapot")
    assert found(search) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(words=["a", "1e5"], between="-", length=2)
@given(words=st.lists(WORDS, min_size=1, max_size=5), between=BETWEEN, length=st.integers(1, 12))
def test_each_word_of_any_name_finds_it(db: None, words: list[str], between: str, length: int) -> None:
    sku = f"S{uuid4().hex[:20].upper()}"
    add(between.join(words), sku)
    for word in words:
        assert sku in found(word), word
