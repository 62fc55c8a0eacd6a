from uuid import uuid5

from contracts.catalog import ProductAdded
from modules.gadgets import service
from modules.gadgets.words import SHOP


def on_product_added(event: ProductAdded) -> None:
    service.make(uuid5(SHOP, event.sku), event.name)
