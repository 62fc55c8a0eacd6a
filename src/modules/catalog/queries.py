from typing import Any

from django.db.models import Q, QuerySet

from contracts.catalog import Price, Product, UnknownProduct
from contracts.language import Money, Sku
from kernel.databases import fetch
from modules.catalog import models

_OF_A_PAGE = ("sku", "name", "description", "price", "currency", "active", "created_at")
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


def products_for_sale(search: str) -> QuerySet[models.Product, Any]:
    """Products that can be ordered, those with `search` in their name or SKU."""
    # As plain rows, of which a page has many: to make a model of each takes longer than to read them.
    rows = models.Product.objects.filter(active=True).values_list(*_OF_A_PAGE, named=True)
    return rows.filter(Q(name__icontains=search) | Q(sku__icontains=search)) if search else rows


def to_product(row: Any) -> Product:
    """Of a model, or of one of `products_for_sale`."""
    return Product(row.sku, row.name, row.description, Money(row.price, row.currency), row.active)
