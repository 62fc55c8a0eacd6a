"""Echo: does nothing, so that what is measured is the call."""

from contracts.shop import Quantity, Sku
from seamline.contract import Contract, Value, query


class Line(Value):
    """So many pieces of one product."""

    sku: Sku
    quantity: Quantity


class Echo(Contract, module="echo", version=1):
    """What comes in goes out."""

    @query(timeout=30.0)
    def echo(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        """The same lines."""
