from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.contract import Money
from seamline.contract.currencies import DECIMALS, NO_CURRENCY

currencies = st.sampled_from(sorted(set(DECIMALS) - {NO_CURRENCY}))
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


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1999, "EUR"), "19.99 EUR"),
        (Money(-5, "EUR"), "-0.05 EUR"),
        (Money(4410, "JPY"), "4410 JPY"),
        (Money(1234, "KWD"), "1.234 KWD"),
        (Money(-1, "KWD"), "-0.001 KWD"),
        (Money(12345, "CLF"), "1.2345 CLF"),
        (Money(0, "XXX"), "0 XXX"),
        (Money(2**53, "EUR"), "90071992547409.92 EUR"),
    ],
)
def test_money_reads_as_a_person_writes_it(money: Money, text: str) -> None:
    assert str(money) == text


@given(amount=st.integers(-(2**53), 2**53), currency=currencies)
def test_what_is_written_is_the_amount(amount: int, currency: str) -> None:
    number, _, code = str(Money(amount, currency)).partition(" ")
    assert (Decimal(number) * 10 ** DECIMALS[currency], code) == (amount, currency)
    assert len(number.partition(".")[2]) == DECIMALS[currency]


@pytest.mark.parametrize(("currency", "units"), [("EUR", 44), ("JPY", 4410), ("KWD", 4), ("CLF", 0)])
def test_whole_units_are_those_of_the_currency(currency: str, units: int) -> None:
    assert Money(4410, currency).whole_units == units


@given(amount=st.integers(0, 2**53), currency=currencies)
def test_whole_units_leave_less_than_one(amount: int, currency: str) -> None:
    one = 10 ** DECIMALS[currency]
    assert 0 <= amount - Money(amount, currency).whole_units * one < one


@given(code=st.from_regex("[A-Z]{3}", fullmatch=True).filter(lambda code: code not in DECIMALS))
def test_a_currency_that_there_is_not_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match=code):
        Money(1, code)
    with pytest.raises(msgspec.ValidationError, match=code):
        msgspec.json.decode(msgspec.json.encode({"amount": 1, "currency": code}), type=Money)


def test_no_currency_is_for_nothing_only() -> None:
    with pytest.raises(ValueError, match="XXX"):
        Money(1, "XXX")


def test_the_table_is_that_of_iso_4217() -> None:
    assert all(len(code) == 3 and code.isupper() for code in DECIMALS)
    assert {code for code in DECIMALS if DECIMALS[code] == 3} == {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
    assert {code: DECIMALS[code] for code in ("EUR", "USD", "JPY", "KRW", "CLP", "ISK", "HUF")} == {
        "EUR": 2,
        "USD": 2,
        "JPY": 0,
        "KRW": 0,
        "CLP": 0,
        "ISK": 0,
        "HUF": 2,
    }


def test_money_is_split_into_something() -> None:
    with pytest.raises(ValueError, match="not 0"):
        Money(1, "EUR").split(0)
