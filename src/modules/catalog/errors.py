from seamline.contract import Category, ContractError, Sku


class SkuTaken(ContractError, category=Category.CONFLICT):
    """There is a product with this SKU already."""

    sku: Sku
