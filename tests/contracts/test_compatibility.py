"""Compatibility of contracts: the rules, each proved against the codec, and the command that applies them."""

import itertools
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from click.testing import CliRunner, Result

from conftest import ROOT
from extraction.cli import main
from extraction.compat import comparison, flows, lock, rules, schema, trees
from extraction.compat.comparison import Audience, Finding
from extraction.compat.describe import Types
from extraction.compat.description import Description
from extraction.compat.schema import Typed
from extraction.project import Project
from tests.contracts.changes import BEFORE, CHANGES
from tests.contracts.peers import FAILURES, Peer, call, understand, values

NAMES = {name: name.replace(" ", "_") for name in CHANGES}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> tuple[Description, Description]:
    """Every change, each in a contract file of its own: before and after."""
    texts = ({name: BEFORE for name in CHANGES}, {name: change.after for name, change in CHANGES.items()})
    found = []
    for number, files in enumerate(texts):
        root = tmp_path_factory.mktemp(f"tree{number}")
        copytree(ROOT / "contracts/language", root / "contracts/language")
        (root / "contracts/__init__.py").touch()
        for name, text in files.items():
            (root / f"contracts/{NAMES[name]}.py").write_text(text)
        found.append(trees.described(root))
    return found[0], found[1]


def findings(name: str, before: Description, after: Description) -> list[Finding]:
    """What is said of one of the changes. `till` calls the shop and hears of all that is bought."""
    file = NAMES[name]
    till = frozenset({"till"})
    events = {event.name for tree in (before, after) for event in tree[file].events.values()}
    audience = Audience({f"contracts.{file}.Shop": till}, dict.fromkeys(events, till))
    return comparison.compare({file: before[file]}, {file: after[file]}, audience)


def names(found: list[Finding]) -> set[str]:
    return {finding.rule.name for finding in found}


def breaks(found: list[Finding]) -> bool:
    return any(finding.rule.breaking for finding in found)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_falls_under_its_rules_and_no_other(name: str, described: tuple[Description, Description]) -> None:
    before, after = described
    assert names(findings(name, before, after)) == set(CHANGES[name].made.split())
    assert names(findings(name, after, before)) == set(CHANGES[name].undone.split())


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_compatible_is_understood_and_what_breaks_is_not(
    name: str, described: tuple[Description, Description]
) -> None:
    change, before, after = CHANGES[name], *described
    old, new, later = Peer(BEFORE), Peer(change.after), Peer(change.later)
    assert understand(old, later) is not breaks(findings(name, before, after))
    assert understand(new, old) is not breaks(findings(name, after, before))
    assert change.then is None or understand(new, later)


def test_every_rule_is_seen() -> None:
    seen = {rule for change in CHANGES.values() for rule in f"{change.made} {change.undone}".split()}
    elsewhere = {"version-added", "version-removed", "version-retired", "event-retired"}
    assert seen | elsewhere == rules.RULES.keys()


def test_nothing_changed_is_nothing_found(described: tuple[Description, Description]) -> None:
    for tree in described:
        assert comparison.compare(tree, tree, Audience({}, {})) == []


def test_a_finding_names_file_field_rule_and_who_is_affected(described: tuple[Description, Description]) -> None:
    [found] = findings("upper bound", *reversed(described))[1:]
    assert str(found).startswith(
        "contracts/upper_bound.py: breaking [argument-narrowed] shop/v1 price arguments.limit cannot be more than 10 any"
    )
    assert str(found).endswith("; affects till")
    assert found.affected == ("till",)
    places = {finding.place for finding in findings("upper bound", *described)}
    assert places == {"arguments.lines[].quantity", "arguments.limit"}


def test_types_that_contain_themselves_are_compared() -> None:
    def tree(kind: str) -> Typed:
        inner = {"anyOf": [{"$ref": "#/types/Node"}, {"type": "null"}]}
        node = {"type": "object", "properties": {"value": {"type": kind}, "next": inner}}
        return Typed({"$ref": "#/types/Node"}, {"Node": node})

    assert list(schema.problems(tree("string"), tree("string"))) == []
    assert [problem.path for problem in schema.problems(tree("string"), tree("integer"))] == ["value"]


# Every change of one field's type and default, over all pairs and triples

ABSENT = ""
FIELDS: list[Any] = [ABSENT]
for annotation in (
    int,
    Annotated[int, msgspec.Meta(ge=0)],
    Annotated[int, msgspec.Meta(ge=0, le=10)],
    float,
    str,
    Annotated[str, msgspec.Meta(max_length=4)],
    UUID,
    Literal["small", "large"],
    int | None,
    int | str,
    tuple[int, ...],
    frozenset[int],
    tuple[int, int],
):
    defaults = list(values(annotation))
    FIELDS += [(annotation,), (annotation, defaults[0]), (annotation, defaults[-1])]


@cache
def side(field: int) -> tuple[Any, Typed]:
    """A struct with that one of the fields, and its schema."""
    fields = [("always", int), *([("field", *FIELDS[field])] if FIELDS[field] else [])]
    struct = msgspec.defstruct("Box", fields, frozen=True, omit_defaults=True)
    types = Types()
    return struct, Typed(types.fields(struct), types.named)


def sent(struct: Any) -> dict[str, Any]:
    """An operation that takes the struct's fields as its arguments, all of which are sent."""
    fields = [(f.name, f.type, *([] if f.required else [f.default])) for f in msgspec.structs.fields(struct)]
    return {"arguments": msgspec.defstruct("Arguments", fields, frozen=True)}


def heard(struct: Any) -> dict[str, Any]:
    return {"returns": struct}


@cache
def is_compatible(flow: Callable[[Typed, Typed], Iterator[flows.Change]], old: int, new: int) -> bool:
    return not any(change.rule.breaking for change in flow(side(old)[1], side(new)[1]))


BOTH_FLOWS = pytest.mark.parametrize(("flow", "operation"), [(flows.sent, sent), (flows.heard, heard)])
NUMBERS = range(len(FIELDS))


@BOTH_FLOWS
def test_no_change_of_a_field_that_counts_as_compatible_is_misunderstood(flow: Any, operation: Any) -> None:
    nothing = Peer(BEFORE).operations["shop/v1/closing"]
    sides = [replace(nothing, **operation(side(number)[0])) for number in NUMBERS]
    for old, new in itertools.product(NUMBERS, NUMBERS):
        if is_compatible(flow, old, new):
            try:
                call(sides[old], sides[new])
            except FAILURES as failure:
                pytest.fail(f"{FIELDS[old]} became {FIELDS[new]}: {failure}")


@BOTH_FLOWS
def test_compatible_changes_add_up(flow: Any, operation: Any) -> None:
    for old, new, later in itertools.product(NUMBERS, NUMBERS, NUMBERS):
        if is_compatible(flow, old, new) and is_compatible(flow, new, later):
            assert is_compatible(flow, old, later), f"{FIELDS[old]}, {FIELDS[new]}, {FIELDS[later]}"


@BOTH_FLOWS
def test_no_change_is_compatible(flow: Any, operation: Any) -> None:
    assert [change for number in NUMBERS for change in flow(side(number)[1], side(number)[1])] == []
