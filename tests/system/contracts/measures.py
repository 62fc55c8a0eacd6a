"""What is measured, for every contract that speaks of it."""

from typing import Annotated

import msgspec

Grams = Annotated[int, msgspec.Meta(ge=1, le=30_000)]
