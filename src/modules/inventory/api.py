from typing import Annotated
from uuid import UUID

import msgspec
from rest_framework.request import Request

from contracts.inventory import OutOfStock, StockLevel, UnknownStock
from modules.inventory import queries, service
from seamline.contract import Value, text
from seamline.http import Created, Endpoint, endpoint, public, scope


class Adjustment(Value):
    """Pieces that came or went, and why."""

    quantity: Annotated[
        int, msgspec.Meta(ge=-1_000_000, le=1_000_000, description="Signed difference.", examples=[50, -3])
    ]
    reason: Annotated[str, text(200, examples=["Delivery from the potter"])]


class StockView(Endpoint):
    @endpoint(access=public, returns=StockLevel, raises=(UnknownStock,))
    def get(self, request: Request, sku: str) -> StockLevel:
        """Read how many pieces of a product there are."""
        return queries.stock(sku)


class AdjustmentsView(Endpoint):
    @endpoint(
        access=scope("inventory:write"),
        body=Adjustment,
        returns=StockLevel,
        status=201,
        raises=(UnknownStock, OutOfStock),
        idempotent=True,
    )
    def post(self, request: Request, sku: str, body: Adjustment, new_id: UUID) -> Created:
        """Correct the stock of a product; the answer is the new level."""
        return Created(service.adjust(new_id, sku, body.quantity, body.reason), f"/api/v1/stock/{sku}")
