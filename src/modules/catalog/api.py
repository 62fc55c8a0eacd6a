from typing import Annotated
from uuid import UUID

import msgspec
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from contracts.catalog import Product, UnknownProduct
from contracts.shop import Sku
from modules.catalog import queries, service
from modules.catalog.errors import SkuTaken
from seamline.contract import DECIMALS, MINOR_UNITS, NO_CURRENCY, Currency, Money, Value, text
from seamline.http import PAGE_PARAMETERS, Created, Endpoint, Page, endpoint, paginate, public, scope

SEARCH = OpenApiParameter(
    "search", str, description="Words, or their beginnings, that are all in the name or the SKU: `blue te`."
)
Name = Annotated[str, text(120, examples=["Blue mug"])]
Description = Annotated[str, text(2000, lines=True, optional=True)]


class Amount(Value):
    """A price: not negative, and of a currency though it is nothing."""

    amount: Annotated[int, msgspec.Meta(ge=0, le=10**12, description=MINOR_UNITS, examples=[1999])]
    currency: Annotated[Currency, msgspec.Meta(extra_json_schema={"enum": sorted(DECIMALS.keys() - {NO_CURRENCY})})]

    def __post_init__(self) -> None:
        self.money()  # refuses a currency that there is not
        if self.currency == NO_CURRENCY:
            raise ValueError(f"{self.currency!r} is no currency to pay in, such as EUR")

    def money(self) -> Money:
        return Money(self.amount, self.currency)


class NewProduct(Value):
    """What puts a product in the catalog."""

    sku: Sku
    name: Name
    price: Amount
    description: Description = ""
    active: bool = True


class ProductChange(Value):
    """What of a product to change; what is left out stays."""

    name: Name | None = None
    description: Description | None = None
    price: Amount | None = None
    active: bool | None = None


class ProductPage(Page[Product]):
    """Some of the products for sale."""


class ProductsView(Endpoint):
    @endpoint(access=public, returns=ProductPage, parameters=(SEARCH, *PAGE_PARAMETERS))
    def get(self, request: Request) -> Page[Product]:
        """List the products for sale, newest first."""
        search = queries.having(request.GET.get("search", ""))
        return paginate(request, queries.products_for_sale(), "-created_at", queries.to_product, search)

    @endpoint(
        access=scope("catalog:write"), body=NewProduct, returns=Product, status=201, raises=(SkuTaken,), idempotent=True
    )
    def post(self, request: Request, body: NewProduct, new_id: UUID) -> Created:
        """Add a product."""
        product = Product(body.sku, body.name, body.description, body.price.money(), body.active)
        return Created(service.add(new_id, product), f"/api/v1/products/{body.sku}")


class ProductView(Endpoint):
    @endpoint(access=public, returns=Product, raises=(UnknownProduct,))
    def get(self, request: Request, sku: str) -> Product:
        """Read a product."""
        return queries.product(sku)

    @endpoint(access=scope("catalog:write"), body=ProductChange, returns=Product, raises=(UnknownProduct,))
    def patch(self, request: Request, sku: str, body: ProductChange) -> Product:
        """Change a product."""
        price = None if body.price is None else body.price.money()
        return service.change(sku, body.name, body.description, price, body.active)
