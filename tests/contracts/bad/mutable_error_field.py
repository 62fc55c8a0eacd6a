"""OutOfStock.skus: list[str] cannot cross between modules; use tuple[T, ...]"""

from seamline.contract import ContractError


class OutOfStock(ContractError):
    """Fewer are available than were asked for."""

    skus: list[str]
