"""OutOfInk.shades: list[str] cannot cross between modules; use tuple[T, ...]"""

from seamline.contract import ContractError


class OutOfInk(ContractError):
    """Fewer are available than were asked for."""

    shades: list[str]
