"""Names that follow from the names of classes."""

import re

_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake_case(name: str) -> str:
    """`OutOfStock` is `out_of_stock`."""
    return _BETWEEN_WORDS.sub("_", name).lower()


def handler_of(event: str) -> str:
    """The function that handles events of a class: `ParcelSent` is handled by `on_parcel_sent`."""
    return f"on_{snake_case(event)}"
