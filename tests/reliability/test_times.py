"""Times come out of the database as they went in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DataError
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline.databases import fetch
from seamline.module import active

MODULE = min(active())
pytestmark = pytest.mark.django_db(databases=[MODULE])


@settings(max_examples=200)
@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)), st.integers(-14, 14))
def test_a_moment_is_read_back_in_utc(local: datetime, hours: int) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(hours=hours)))
    ((found,),) = fetch(MODULE, "SELECT %s::timestamptz", [moment])
    assert found == moment
    assert found.tzinfo is UTC


def test_what_is_no_moment_is_an_error() -> None:
    with pytest.raises(DataError):
        fetch(MODULE, "SELECT 'infinity'::timestamptz")
