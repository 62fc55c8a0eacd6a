from contracts.shop import Sku
from seamline.contract import Category, ContractError


class SkuTaken(ContractError, category=Category.CONFLICT):
    """There is a product with this SKU already."""

    sku: Sku
