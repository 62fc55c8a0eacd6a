from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.language import Money

amounts = st.integers(-(10**12), 10**12)


@given(amount=amounts, parts=st.integers(1, 50))
def test_shares_add_up_and_differ_only_in_the_last(amount: int, parts: int) -> None:
    shares = Money(amount, "EUR").split(parts)
    assert sum(share.amount for share in shares) == amount
    assert len(shares) == parts
    assert len({share.amount for share in shares[:-1]}) <= 1
    assert abs(shares[-1].amount - shares[0].amount) < parts


@given(amount=amounts, rate=st.integers(0, 100))
def test_a_percentage_is_within_half_a_minor_unit_of_the_exact_one(amount: int, rate: int) -> None:
    assert abs(Decimal(Money(amount, "EUR").percent(rate).amount) - Decimal(amount) * rate / 100) <= Decimal("0.5")


@pytest.mark.parametrize(("amount", "rounded"), [(250, 2), (350, 4), (251, 3), (-250, -2)])
def test_a_half_is_rounded_to_even(amount: int, rounded: int) -> None:
    assert Money(amount, "EUR").percent(1).amount == rounded


@given(one=amounts, other=amounts)
def test_adding_and_taking_away_are_inverse(one: int, other: int) -> None:
    assert Money(one, "EUR") + Money(other, "EUR") - Money(other, "EUR") == Money(one, "EUR")


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")


def test_money_reads_as_a_person_writes_it() -> None:
    assert (str(Money(1999, "EUR")), str(Money(-5, "EUR"))) == ("19.99 EUR", "-0.05 EUR")


def test_money_is_split_into_something() -> None:
    with pytest.raises(ValueError, match="not 0"):
        Money(1, "EUR").split(0)
