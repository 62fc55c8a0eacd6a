"""What a problem says to people and to programs."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from rest_framework.exceptions import APIException, ParseError, ValidationError

from seamline.contract import AwareDatetime, ContractError, Money, Value
from seamline.http.problems import error_response, from_exception


class Slot(Value):
    """From when to when."""

    begins: AwareDatetime
    ends: AwareDatetime


class Taken(ContractError):
    """It is taken."""

    what: str | bool | Decimal | UUID | date | timedelta | Money | Slot | tuple[str, ...] | AwareDatetime | None


NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("A-1", "A-1"),
        (NOON, "2026-11-26T12:00:00Z"),
        (date(2026, 11, 26), "2026-11-26"),
        (timedelta(minutes=90), "PT5400S"),
        (Decimal("1.50"), "1.50"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (None, "null"),
        (True, "true"),
        (("A-1", "B-2"), '["A-1","B-2"]'),
        (Money(100, "EUR"), '{"amount":100,"currency":"EUR"}'),
        (Slot(NOON, NOON), '{"begins":"2026-11-26T12:00:00Z","ends":"2026-11-26T12:00:00Z"}'),
        ("not to be \ud800 encoded", "not to be \ud800 encoded"),
    ],
    ids=str,
)
def test_a_value_is_shown_as_it_crosses_the_wire(value: object, shown: str) -> None:
    error = Taken(value)
    assert error.detail == f"It is taken: what {shown}"
    if "\ud800" not in shown:
        assert json.loads(error_response(error).content)["detail"] == f"It is taken: what {shown}."


@pytest.mark.parametrize(
    ("error", "detail", "errors"),
    [
        (ParseError("Not JSON"), "Not JSON", []),
        (ValidationError("No"), "Some fields do not fit", [{"path": "$", "message": "No"}]),
        (
            ValidationError({"lines": [{"label": ["None", "Such"]}, {}], "non_field_errors": ["Odd"]}),
            "Some fields do not fit",
            [
                {"path": "$.lines[0].label", "message": "None"},
                {"path": "$.lines[0].label", "message": "Such"},
                {"path": "$", "message": "Odd"},
            ],
        ),
    ],
    ids=str,
)
def test_what_the_framework_refuses_is_told_field_by_field(error: APIException, detail: str, errors: list[str]) -> None:
    response = from_exception(error)
    assert response is not None
    problem = json.loads(response.content)
    assert (problem["detail"], problem["errors"]) == (detail, errors)
