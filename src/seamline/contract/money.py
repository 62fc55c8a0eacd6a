"""Money, and the patterns of texts."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated

import msgspec

from seamline.contract.currencies import DECIMALS, NO_CURRENCY
from seamline.contract.values import Value


def whole(pattern: str) -> str:
    """Write a pattern for all of a string. In Python `$` alone would let a line break through at the end."""
    return rf"^{pattern}$(?!\n)"


MINOR_UNITS = "Minor units, as many as ISO 4217 gives the currency: 1999 is 19.99 EUR, 1999 JPY, 1.999 KWD."
Currency = Annotated[str, msgspec.Meta(pattern=whole("[A-Z]{3}"), description="ISO 4217 code.", examples=["EUR"])]


class Money(Value):
    """An amount in minor units (cents) of one currency. Never a float.

    A currency that ISO 4217 does not have is refused with `ValueError`, and so is adding two of them.
    """

    amount: Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53, description=MINOR_UNITS, examples=[1999])]
    currency: Currency

    def __post_init__(self) -> None:
        if self.currency not in DECIMALS or (self.currency == NO_CURRENCY and self.amount):
            raise ValueError(f"{self.currency!r} is no currency of ISO 4217, such as EUR")

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.currency)

    def percent(self, rate: Decimal | int, rounding: str = ROUND_HALF_EVEN) -> "Money":
        """Compute `rate` percent, rounded to a minor unit (half to even unless told: IEEE 754, roundTiesToEven)."""
        share = Decimal(self.amount) * Decimal(rate) / 100
        return Money(int(share.quantize(Decimal(1), rounding=rounding)), self.currency)

    def split(self, parts: int) -> tuple["Money", ...]:
        """Split it into shares that add up to this again; the last takes the remainder. Raises `ValueError` below 1."""
        if parts < 1:
            raise ValueError(f"money is split into 1 or more parts, not {parts}")
        share = int(self.amount / Decimal(parts))
        last = self.amount - share * (parts - 1)
        return (*(Money(share, self.currency) for _ in range(parts - 1)), Money(last, self.currency))

    @property
    def decimals(self) -> int:
        """Decimals that an amount of this currency is written with."""
        return DECIMALS[self.currency]

    @property
    def whole_units(self) -> int:
        """Major units, without what is left over: 4410 minor units are 44 EUR, 4410 JPY, 4 KWD."""
        return int(self.amount / Decimal(10**self.decimals))

    def __str__(self) -> str:
        return f"{Decimal(self.amount).scaleb(-self.decimals):.{self.decimals}f} {self.currency}"

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
