"""Unset the one setting, and the module is at home again."""

from tests.topology.pairs import Pair, rows_of
from tests.topology.story import customer_is_served


def test_without_the_setting_the_monolith_answers_by_itself(extracted: Pair) -> None:
    monolith = extracted.alone()
    assert monolith.health()["modules"][extracted.module]["here"] is True
    customer_is_served(extracted.shop)
    assert rows_of(monolith, extracted.module)
    monolith.stop()
