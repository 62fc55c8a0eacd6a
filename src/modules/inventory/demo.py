from uuid import uuid4

from modules.inventory import models, service
from seamline.databases import transaction

PIECES = {"MUG-BLUE": 100, "MUG-RED": 100, "TEA-DARJEELING": 40, "TEAPOT": 5, "SPOON": 500}


def load() -> bool:
    """Stock of the catalog's example products; whether it was new."""
    with transaction("inventory"):
        if models.Adjustment.objects.exists():
            return False
        for sku, pieces in PIECES.items():
            service.open_stock(sku)
            service.adjust(uuid4(), sku, pieces, "Opening stock")
    return True
