"""A small project has each coupling once, written like real ones, and beside it what only looks like one."""

from pathlib import Path

import pytest

from extraction.survey import Survey, survey
from extraction.survey.kinds import KINDS
from tests.survey.expectations import expected, told

LIBRARY = Path(__file__).parent / "library_project"


@pytest.fixture(scope="module")
def found() -> Survey:
    return survey(LIBRARY)


def test_every_coupling_is_found_and_nothing_else(found: Survey) -> None:
    wanted, got = expected(LIBRARY), told(found.findings.couplings)
    assert {"missed": sorted((wanted - got).elements()), "too many": sorted((got - wanted).elements())} == {
        "missed": [],
        "too many": [],
    }


def test_each_kind_is_there() -> None:
    assert {kind for _, _, kind, _ in expected(LIBRARY)} == set(KINDS)
