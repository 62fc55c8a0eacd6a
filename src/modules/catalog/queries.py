import string
from typing import Any

from django.db.models import BooleanField, Expression, Func, QuerySet, Value

from contracts.catalog import Price, Product, UnknownProduct
from contracts.shop import Sku
from modules.catalog import models
from seamline.contract import Money
from seamline.databases import fetch

LONGEST_WORD = 120
"""As long as a name may be; PostgreSQL refuses to look for what is longer than 2 kB."""
_BETWEEN_WORDS = str.maketrans(dict.fromkeys(string.punctuation, " "))
"""As the column `search` has it."""
_OF_A_PAGE = ("sku", "name", "description", "price", "currency", "active", "created_at")
_FITS = "catalog_product.search @@ to_tsquery('simple', %(expressions)s)"
_PRICES = "SELECT sku, name, price, currency FROM catalog_product WHERE sku = ANY(%s) AND active"


def product(sku: Sku) -> Product:
    row = models.Product.objects.filter(sku=sku).first()
    if row is None:
        raise UnknownProduct(sku)
    return to_product(row)


def prices(skus: tuple[Sku, ...]) -> tuple[Price, ...]:
    rows = fetch("catalog", _PRICES, [list(skus)])
    found = {sku: Price(sku, name, Money(price, currency)) for sku, name, price, currency in rows}
    for sku in skus:
        if sku not in found:
            raise UnknownProduct(sku)
    return tuple(found[sku] for sku in skus)


def products_for_sale() -> QuerySet[models.Product, Any]:
    """Products that can be ordered."""
    # As plain rows, of which a page has many: to make a model of each takes longer than to read them.
    return models.Product.objects.filter(active=True).values_list(*_OF_A_PAGE, named=True)


def having(search: str) -> Expression | None:
    """Whether each word of `search` begins a word of a product's name or SKU; None for none, of which all do."""
    if not search:
        return None
    words = search.translate(_BETWEEN_WORDS).split()
    if not words or max(map(len, words)) > LONGEST_WORD:
        return Value(False)
    wanted = Value(" & ".join(f"'{word}':*" for word in words))
    return Func(wanted, template=_FITS, output_field=BooleanField())


def to_product(row: Any) -> Product:
    """Of a model, or of one of `products_for_sale`."""
    return Product(row.sku, row.name, row.description, Money(row.price, row.currency), row.active)
