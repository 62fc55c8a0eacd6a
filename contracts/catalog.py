"""Catalog: what is for sale, and for how much."""

from typing import Annotated

import msgspec

from contracts.shop import Sku
from seamline.contract import Category, Contract, ContractError, Event, Money, Value, query


class Product(Value):
    """Something for sale."""

    sku: Sku
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120, examples=["Blue mug"])]
    description: Annotated[str, msgspec.Meta(max_length=2000)]
    price: Money
    active: bool = True
    """Whether it can be ordered."""


class Price(Value):
    """What one piece costs now, and the name it is sold under."""

    sku: Sku
    name: str
    price: Money


class UnknownProduct(ContractError, category=Category.NOT_FOUND):
    """There is no such product for sale."""

    sku: Sku


class ProductAdded(Event, key="sku"):
    """A product joined the catalog."""

    sku: Sku
    name: str


class Catalog(Contract, module="catalog", version=1):
    """Products and their prices."""

    @query(raises=(UnknownProduct,))
    def product(self, sku: Sku) -> Product:
        """One product, also one no longer for sale."""

    @query(raises=(UnknownProduct,))
    def prices(self, skus: tuple[Sku, ...]) -> tuple[Price, ...]:
        """The prices of products for sale, in the order asked for; the first unknown one is refused."""
