"""OutOfStock.skus: list[str] cannot cross between modules; use tuple[T, ...]"""

from contracts.language import ContractError


class OutOfStock(ContractError):
    """Fewer are available than were asked for."""

    skus: list[str]
