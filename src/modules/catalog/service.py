from uuid import UUID

from contracts.catalog import Product, ProductAdded, UnknownProduct
from contracts.shop import Sku
from modules.catalog import models, queries
from modules.catalog.errors import SkuTaken
from seamline.contract import Money
from seamline.databases import insert_new, transaction
from seamline.events import publish


def add(product_id: UUID, product: Product) -> Product:
    """Put a product in the catalog, once for each id. Raises `SkuTaken`."""
    row = models.Product(
        id=product_id,
        sku=product.sku,
        name=product.name,
        description=product.description,
        price=product.price.amount,
        currency=product.price.currency,
        active=product.active,
    )
    with transaction("catalog"):
        if insert_new(row, "sku"):
            publish(ProductAdded(product.sku, product.name))
        elif not models.Product.objects.filter(id=product_id, sku=product.sku).exists():
            raise SkuTaken(product.sku)
    return product


def change(sku: Sku, name: str | None, description: str | None, price: Money | None, active: bool | None) -> Product:
    """Change what is not None. Raises `UnknownProduct`. Orders keep the price they were placed at."""
    with transaction("catalog"):
        row = models.Product.objects.select_for_update().filter(sku=sku).first()
        if row is None:
            raise UnknownProduct(sku)
        row.name = row.name if name is None else name
        row.description = row.description if description is None else description
        row.active = row.active if active is None else active
        if price is not None:
            row.price, row.currency = price.amount, price.currency
        row.save()
    return queries.to_product(row)
