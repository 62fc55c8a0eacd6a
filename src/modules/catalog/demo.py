from uuid import uuid4

from contracts.catalog import Product
from modules.catalog import models, service
from seamline.contract import Money
from seamline.databases import transaction

PRODUCTS = (
    ("MUG-BLUE", "Blue mug", "Stoneware, holds 350 ml.", 1250),
    ("MUG-RED", "Red mug", "Stoneware, holds 350 ml.", 1250),
    ("TEA-DARJEELING", "Darjeeling tea", "First flush, 100 g.", 990),
    ("TEAPOT", "Teapot", "Cast iron, holds 1 l.", 4900),
    ("SPOON", "Teaspoon", "Steel, 14 cm.", 350),
)


def load() -> bool:
    """A few products; whether they were new."""
    with transaction("catalog"):
        if models.Product.objects.filter(sku=PRODUCTS[0][0]).exists():
            return False
        for sku, name, description, price in PRODUCTS:
            service.add(uuid4(), Product(sku, name, description, Money(price, "EUR")))
    return True
