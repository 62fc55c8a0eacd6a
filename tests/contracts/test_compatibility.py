"""Compatibility of contracts: the rules, each proved against the codec, and the command that applies them."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

import msgspec
import pytest

from conftest import ROOT
from extraction.compat import comparison, flows, lock, rules, schema, trees
from extraction.compat.comparison import Audience, ContractChange
from extraction.compat.description import ContractFile, Description
from extraction.compat.schema import Typed
from extraction.reading.project import Project
from tests.contracts.changes import BEFORE, CHANGES
from tests.contracts.fields import FIELDS, answer, argument, arguments, sent_inside, side
from tests.contracts.peers import FAILURES, Peer, call, understand
from tests.contracts.repository import IN_PLACE, MANIFEST, SIDE_BY_SIDE, Repository

NAMES = {name: name.replace(" ", "_") for name in CHANGES}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> tuple[Description, Description]:
    """Every change, each in a contract file of its own: before and after."""
    texts = (dict.fromkeys(CHANGES, BEFORE), {name: change.after for name, change in CHANGES.items()})
    found = []
    for number, files in enumerate(texts):
        root = tmp_path_factory.mktemp(f"tree{number}")
        copytree(ROOT / "src/seamline/contract", root / "src/seamline/contract")
        (root / "contracts").mkdir()
        (root / "contracts/__init__.py").touch()
        for name, text in files.items():
            (root / f"contracts/{NAMES[name]}.py").write_text(text)
        found.append(trees.describe_folder(root))
    return found[0], found[1]


def findings(name: str, before: Description, after: Description) -> list[ContractChange]:
    """What is said of one of the changes. `till` calls the kiosk and hears of all that is bought."""
    file = NAMES[name]
    till = frozenset({"till"})
    events = {event.name for tree in (before, after) for event in tree[file].events.values()}
    audience = Audience({f"contracts.{file}.Kiosk": till}, dict.fromkeys(events, till))
    return comparison.compare({file: before[file]}, {file: after[file]}, audience)


def names(found: list[ContractChange]) -> set[str]:
    return {finding.rule.name for finding in found}


def breaks(found: list[ContractChange]) -> bool:
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
    assert "upper_bound.py: breaking [argument-narrowed] kiosk/v1 price arguments.limit cannot be more" in str(found)
    assert str(found).endswith("; affects till")
    assert found.affected == ("till",)
    places = {finding.place for finding in findings("upper bound", *described)}
    assert places == {"arguments.lines[].quantity", "arguments.limit"}


def test_what_every_operation_may_raise_is_locked_too(described: tuple[Description, Description]) -> None:
    now = described[0]["language"]
    before = msgspec.structs.replace(now, everywhere=now.everywhere[1:])
    [found] = comparison.compare({"language": before}, {"language": now}, Audience({"x": frozenset({"till"})}, {}))
    assert (found.rule, found.affected) == (rules.ERROR_ADDED, ("till",))
    assert "every operation may raise call.deadline_exceeded" in str(found)


def test_types_that_contain_themselves_are_compared() -> None:
    def tree(kind: str) -> Typed:
        inner = {"anyOf": [{"$ref": "#/types/Node"}, {"type": "null"}]}
        node = {"type": "object", "properties": {"value": {"type": kind}, "next": inner}}
        return Typed({"$ref": "#/types/Node"}, {"Node": node})

    assert list(schema.problems(tree("string"), tree("string"))) == []
    assert [problem.path for problem in schema.problems(tree("string"), tree("integer"))] == ["value"]


# Every change of one field's type and default, over all pairs and triples


@cache
def is_compatible(flow: Callable[[Typed, Typed], Iterator[flows.FieldChange]], old: int, new: int) -> bool:
    return not any(change.rule.breaking for change in flow(side(old)[1], side(new)[1]))


NUMBERS = range(len(FIELDS))
FLOWS = {flows.sent: arguments, sent_inside: argument, flows.heard: answer}


@pytest.mark.parametrize("flow", FLOWS)
def test_no_change_of_a_field_that_counts_as_compatible_is_misunderstood(flow: Any) -> None:
    nothing = Peer(BEFORE).operations["kiosk/v1/closing"]
    sides = [replace(nothing, **FLOWS[flow](side(number)[0])) for number in NUMBERS]
    for old, new in itertools.product(NUMBERS, NUMBERS):
        if is_compatible(flow, old, new):
            try:
                call(sides[old], sides[new])
            except FAILURES as failure:
                pytest.fail(f"{FIELDS[old]} became {FIELDS[new]}: {failure}")


@pytest.mark.parametrize("flow", FLOWS)
def test_compatible_changes_add_up(flow: Any) -> None:
    for old, new, later in itertools.product(NUMBERS, NUMBERS, NUMBERS):
        if is_compatible(flow, old, new) and is_compatible(flow, new, later):
            assert is_compatible(flow, old, later), f"{FIELDS[old]}, {FIELDS[new]}, {FIELDS[later]}"


@pytest.mark.parametrize("flow", FLOWS)
def test_no_change_is_compatible(flow: Any) -> None:
    assert [change for number in NUMBERS for change in flow(side(number)[1], side(number)[1])] == []


# The command


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("COLUMNS", "200")
    made = Repository(tmp_path)
    assert "compat --update" in made.compat(status=1)
    assert "wrote contracts/lock/kiosk.json" in made.compat("--update", status=0)
    assert made.compat(status=0) == "compatible with the lock\n"
    return made


def test_the_contracts_of_this_repository_are_locked_as_they_are() -> None:
    now = trees.describe_folder(ROOT)
    assert lock.stale(ROOT, now) == []
    assert comparison.compare(lock.read(ROOT), now, Audience.of(Project.at(ROOT).manifests.values())) == []


def draft(repository: Repository) -> None:
    """Have the kiosk's contract be one that nobody runs yet."""
    place = repository.root / "contracts/lock/kiosk.json"
    locked = msgspec.json.decode(place.read_bytes(), type=ContractFile)
    place.write_text(msgspec.structs.replace(locked, draft=True).as_text())


def test_a_draft_may_change_in_any_way_until_it_is_released(repository: Repository) -> None:
    draft(repository)
    repository.contract.write_text(CHANGES["required argument"].after)
    said = repository.compat("--update", status=0)
    assert "compatible [argument-added-required]" in said and "it is a draft, which nobody runs yet" in said
    assert '"draft": true' in repository.locked["kiosk.json"]
    assert "drafts, which nobody runs yet: kiosk" in repository.compat(status=0)

    assert "kiosk is a draft no longer" in repository.compat("--release", "kiosk", status=0)
    assert "draft" not in repository.locked["kiosk.json"]
    assert repository.compat(status=0) == "compatible with the lock\n"
    repository.contract.write_text(BEFORE)
    assert "breaking [argument-removed]" in repository.compat(status=1)


def test_a_release_locks_what_the_draft_is_by_then(repository: Repository) -> None:
    draft(repository)
    repository.contract.write_text(CHANGES["required argument"].after)
    repository.compat("--release", "kiosk", status=0)
    assert repository.compat(status=0) == "compatible with the lock\n"


def test_what_was_a_draft_at_a_revision_is_taken_as_one(repository: Repository) -> None:
    draft(repository)
    repository.commit()
    repository.compat("--release", "kiosk", status=0)
    repository.contract.write_text(CHANGES["required argument"].after)
    assert "it is a draft" in repository.compat("--against", "HEAD", status=0)


def test_only_a_draft_is_released(repository: Repository) -> None:
    for name in ("kiosk", "absent"):
        assert f"{name} is no draft; there are: (none)" in repository.compat("--release", name, status=2)


def test_a_compatible_change_asks_for_an_update(repository: Repository) -> None:
    repository.contract.write_text(CHANGES["argument"].after)
    assert "kiosk/v1 price arguments.all is new" in repository.compat(status=1)
    repository.compat("--update", status=0)
    assert '"all"' in repository.locked["kiosk.json"]
    assert repository.compat("--update", status=0) == "the lock is up to date\n"


def test_a_breaking_change_is_not_locked(repository: Repository) -> None:
    before = repository.locked
    repository.contract.write_text(CHANGES["null field"].after)
    for options in ((), ("--update",)):
        said = repository.compat(*options, status=1)
        assert "contracts/kiosk.py: breaking [field-widened] kiosk/v1 buy answer.box can be null now" in said
        assert "affects till" in said
    assert repository.locked == before


def test_a_version_that_is_still_called_cannot_be_replaced(repository: Repository) -> None:
    repository.contract.write_text(IN_PLACE)
    said = repository.compat("--update", status=1)
    assert "breaking [version-removed] kiosk/v1 is gone" in said
    assert "compatible [version-added] kiosk/v2 is new" in said


def test_a_version_is_kept_beside_the_next_until_nobody_calls_it(repository: Repository) -> None:
    repository.contract.write_text(SIDE_BY_SIDE)
    assert "[version-added] kiosk/v2 is new" in repository.compat("--update", status=0)
    assert '"kiosk/v1"' in repository.locked["kiosk.json"]

    repository.contract.write_text(SIDE_BY_SIDE.replace('class KioskV1(Contract, module="kiosk")', "class Gone"))
    assert "compatible [version-retired] kiosk/v1 is gone" in repository.compat("--update", status=0)
    assert '"kiosk/v1"' not in repository.locked["kiosk.json"]


def test_a_contract_file_that_nobody_needs_may_go(repository: Repository) -> None:
    (repository.root / "src/modules/till/module.py").write_text(
        MANIFEST.replace("(Kiosk,)", "()").replace("(Bought,)", "()")
    )
    repository.contract.unlink()
    said = repository.compat("--update", status=0)
    assert "[event-retired] kiosk.Bought.v1 is gone" in said
    assert set(repository.locked) == {"language.json"}


def test_against_a_revision(repository: Repository) -> None:
    repository.commit()
    repository.contract.write_text(CHANGES["upper bound"].after)
    assert "[argument-widened]" in repository.compat("--against", "HEAD", status=0)
    repository.contract.write_text(CHANGES["upper bound"].after.replace("le=20", "le=5"))
    assert "[argument-narrowed]" in repository.compat("--against", "HEAD", status=1)


@pytest.mark.parametrize(
    "options", [("--against", "nowhere"), ("--against", "--all"), ("--against", "HEAD", "--update")]
)
def test_wrong_usage(options: tuple[str, ...], repository: Repository) -> None:
    repository.compat(*options, status=2)


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("contracts/kiosk.py", "from seamline.contract import query\nquery = undefined\n", "NameError"),
        ("contracts/kiosk.py", SIDE_BY_SIDE.replace(", version=2", ""), "are both kiosk/v1"),
        ("contracts/lock/kiosk.json", "<<<<<<< ours", "is no lock"),
    ],
)
def test_what_cannot_be_read_is_said_without_a_traceback(
    path: str, text: str, says: str, repository: Repository
) -> None:
    (repository.root / path).write_text(text)
    said = repository.compat(status=1)
    assert says in said
    assert "Traceback" not in said
