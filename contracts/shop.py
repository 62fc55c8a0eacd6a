"""The words that several of the shop's contracts share: types alone, and so no module's."""

from typing import Annotated

import msgspec

from seamline.contract import whole

Sku = Annotated[
    str,
    msgspec.Meta(
        pattern=whole("[A-Z0-9][A-Z0-9-]{0,39}"),
        description="Stock keeping unit: capitals, digits and dashes, at most 40.",
        examples=["MUG-BLUE"],
    ),
]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=10_000, description="How many, 1 to 10,000.", examples=[2])]
