from uuid import uuid4

import pytest
from django.db import IntegrityError

from contracts.catalog import Catalog, Price, Product, ProductAdded, UnknownProduct
from modules.catalog import service
from modules.catalog.errors import SkuTaken
from seamline.calls import call
from seamline.contract import Money
from seamline.testing import captured_events

pytestmark = pytest.mark.django_db(databases=["catalog"])
MUG = Product("MUG", "Mug", "Stoneware", Money(1250, "EUR"))
SPOON = Product("SPOON", "Spoon", "Steel", Money(350, "EUR"))


def test_a_product_that_is_added_can_be_read_and_is_told_of() -> None:
    with captured_events(ProductAdded) as published:
        service.add(uuid4(), MUG)
        assert published() == [ProductAdded("MUG", "Mug")]
    assert call(Catalog).product("MUG") == MUG


def test_a_sku_is_given_once_and_the_second_product_changes_nothing() -> None:
    service.add(uuid4(), MUG)
    with captured_events(ProductAdded) as published, pytest.raises(SkuTaken):
        service.add(uuid4(), Product("MUG", "Another", "", Money(1, "EUR")))
    assert published() == []
    assert call(Catalog).product("MUG") == MUG


def test_the_same_request_again_finds_its_own_product() -> None:
    request = uuid4()
    with captured_events(ProductAdded) as published:
        assert service.add(request, MUG) == service.add(request, MUG) == MUG
        assert len(published()) == 1


@pytest.mark.parametrize(("sku", "price"), [("SPOON", -1), ("FORK", 1)], ids=["a broken rule", "another key"])
def test_what_else_the_database_refuses_is_not_a_sku_that_is_taken(sku: str, price: int) -> None:
    request = uuid4()
    service.add(request, MUG)
    with pytest.raises(IntegrityError):
        service.add(request, Product(sku, "Odd", "", Money(price, "EUR")))


def test_prices_come_in_the_order_asked_for() -> None:
    service.add(uuid4(), MUG)
    service.add(uuid4(), SPOON)
    prices = call(Catalog).prices(("SPOON", "MUG"))
    assert prices == (Price("SPOON", "Spoon", SPOON.price), Price("MUG", "Mug", MUG.price))


@pytest.mark.parametrize("sku", ["NOPE", "GONE"])
def test_a_product_that_is_unknown_or_no_longer_sold_has_no_price(sku: str) -> None:
    service.add(uuid4(), MUG)
    service.add(uuid4(), Product("GONE", "Gone", "", Money(1, "EUR"), active=False))
    with pytest.raises(UnknownProduct) as refused:
        call(Catalog).prices(("MUG", sku))
    assert refused.value.sku == sku


def test_what_is_not_named_in_a_change_stays() -> None:
    service.add(uuid4(), MUG)
    changed = service.change("MUG", name=None, description=None, price=Money(1300, "EUR"), active=None)
    assert changed == Product("MUG", "Mug", "Stoneware", Money(1300, "EUR"))


def test_an_unknown_product_cannot_be_changed() -> None:
    with pytest.raises(UnknownProduct):
        service.change("NOPE", "Name", None, None, None)
