"""Facts of several modules, compared in batches: each key is judged once, with what everybody says of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from msgspec import structs

from seamline.audit import Fact, Finding, Kind, Rule, fact, text_of_counts
from seamline.audit.comparison import Comparison
from seamline.audit.facet import audit_facet
from seamline.audit.facts import FactKey, KindName
from seamline.audit.findings import BATCH_SIZE
from seamline.calls import call
from seamline.contract import Unavailable
from seamline.testing import fake_contract

LEFT, RIGHT, THIRD = Kind("left", "item"), Kind("right", "item"), Kind("third", "item")


@dataclass
class Stating:
    """A module that has these keys, and remembers what it was asked."""

    keys: list[str]
    value: int = 1
    asked: list[str] = field(default_factory=list)
    asked_about: list[tuple[str, ...]] = field(default_factory=list)
    fails_after: int = 10**6
    on_second_look: Callable[[], None] = lambda: None

    def facts(self, kind: KindName, after: FactKey = "") -> tuple[Fact, ...]:
        if len(self.asked) >= self.fails_after:
            raise Unavailable(module="right")
        self.asked.append(after)
        return tuple(self._fact(key) for key in self.keys if key > after)[:BATCH_SIZE]

    def facts_about(self, kind: KindName, keys: tuple[str, ...]) -> tuple[Fact, ...]:
        self.asked_about.append(keys)
        self.on_second_look()
        return tuple(self._fact(key) for key in self.keys if key in keys)

    def _fact(self, key: str) -> Fact:
        return structs.replace(fact(key, value=self.value), kind="item")


@pytest.fixture
def stating() -> Iterator[Callable[[Kind, Stating], Stating]]:
    with ExitStack() as stack:

        def state(kind: Kind, module: Stating) -> Stating:
            stack.enter_context(fake_contract(audit_facet(kind.module), module))
            return module

        yield state


def keys(*numbers: int) -> list[str]:
    return [str(UUID(int=number)) for number in numbers]


def same(left: Fact | None, right: Fact | None) -> Iterator[Finding]:
    seen.append((left and left.key, right and right.key))
    if left is None or right is None or left["value"] != right["value"]:
        yield Finding(f"item {(left or right).key}", "differs")


seen: list[tuple[str | None, str | None]] = []


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    seen.clear()


def compare(*rules: Rule) -> tuple[Comparison, list[tuple[str, Finding]], dict[str, int]]:
    comparison, found, numbers = Comparison(rules), [], {}
    for compared in comparison.run():
        found += compared.findings
        for module, number in compared.numbers.items():
            numbers[module] = numbers.get(module, 0) + number
    return comparison, found, numbers


def test_each_key_of_either_side_is_judged_once_over_many_batches(stating) -> None:
    left = stating(LEFT, Stating(keys(*range(0, 3000, 2))))
    right = stating(RIGHT, Stating(keys(*range(0, 3000, 3))))
    comparison, found, numbers = compare(Rule(same, (LEFT, RIGHT)))
    assert not comparison.unanswered
    assert numbers == {"left": 1500, "right": 1000}
    on_one_side = [number for number in range(3000) if (number % 2 == 0) != (number % 3 == 0)]
    assert sorted(finding.subject for _, finding in found) == [f"item {key}" for key in keys(*on_one_side)]
    first_look = {pair for pair in seen if seen.count(pair) == 1}
    assert len(first_look) == len([n for n in range(3000) if n % 6 == 0]), "what agrees is judged once"
    # Linear: every batch of each side is asked for once.
    assert (len(left.asked), len(right.asked)) == (1500 // BATCH_SIZE + 1, 1000 // BATCH_SIZE + 1)
    assert all(len(about) <= BATCH_SIZE for about in left.asked_about)


def test_a_side_that_has_nothing_is_found_wanting(stating) -> None:
    stating(LEFT, Stating([]))
    stating(RIGHT, Stating(keys(*range(BATCH_SIZE))))
    _, found, numbers = compare(Rule(same, (LEFT, RIGHT)))
    assert len(found) == BATCH_SIZE
    assert numbers == {"left": 0, "right": BATCH_SIZE}


def test_what_has_come_right_by_the_second_look_is_not_found(stating) -> None:
    stating(LEFT, Stating(keys(1)))
    late = stating(RIGHT, Stating(keys(1), value=2))
    late.on_second_look = lambda: setattr(late, "value", 1)
    assert compare(Rule(same, (LEFT, RIGHT)))[1] == []
    late.on_second_look, late.value = lambda: None, 2
    assert len(compare(Rule(same, (LEFT, RIGHT)))[1]) == 1


@pytest.mark.parametrize("fails_after", [0, 1])
def test_a_module_that_breaks_off_takes_its_own_rules_along_and_no_others(stating, fails_after: int) -> None:
    stating(LEFT, Stating(keys(*range(3 * BATCH_SIZE))))
    stating(RIGHT, Stating(keys(*range(3 * BATCH_SIZE)), fails_after=fails_after))
    stating(THIRD, Stating(keys(*range(1, 3 * BATCH_SIZE))))
    comparison, found, numbers = compare(Rule(same, (LEFT, RIGHT)), Rule(same, (LEFT, THIRD)))
    assert list(comparison.unanswered) == ["right"]
    assert [(module, finding.subject) for module, finding in found] == [("left", f"item {keys(0)[0]}")]
    assert (numbers["left"], numbers["third"]) == (3 * BATCH_SIZE, 3 * BATCH_SIZE - 1)


def test_several_facts_of_one_key_are_found(stating) -> None:
    stating(LEFT, Stating(keys(1, 2)))
    stating(RIGHT, Stating(keys(1, 2, 2)))
    _, found, _ = compare(Rule(same, (LEFT, RIGHT)))
    assert [(module, finding.subject) for module, finding in found] == [("right", f"item of {keys(2)[0]}")]


def test_facts_in_another_order_are_no_answer(stating) -> None:
    stating(LEFT, Stating(keys(1, 2)))
    stating(RIGHT, Stating(keys(2, 1)))
    comparison, found, _ = compare(Rule(same, (LEFT, RIGHT)))
    assert comparison.unanswered == {"right": "its facts of kind item are not in the order of their keys"}
    assert found == []


def test_equal_counts_are_equal_text() -> None:
    assert text_of_counts({"b": 2, "a": 1}) == text_of_counts({"a": 1, "b": 2}) == "a 1, b 2"


def test_a_fact_crosses_as_it_was_stated(stating) -> None:
    stating(LEFT, Stating(keys(1), value=7))
    [stated] = call(audit_facet("left")).facts("item")
    assert (stated.kind, stated.key, stated["value"], stated["unknown"]) == ("item", keys(1)[0], 7, None)
