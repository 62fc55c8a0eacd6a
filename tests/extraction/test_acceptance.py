"""A finding is accepted by a comment with a reason, and only by that."""

import json

import pytest

from extraction.analysis import check, judge
from extraction.analysis.acceptance import RULES
from tests.extraction.detours import DETOURS
from tests.extraction.miniature import Monolith
from tests.extraction.violations import PENS, VIOLATIONS

EXTRA = f"{PENS}/extra.py"
ACCEPTED = {
    "on its line": "Q = 'DELETE FROM ink_bottle'  # seam: accept sql -- gone by spring\n",
    "above it": "# seam: accept sql -- gone by spring\nQ = 'DELETE FROM ink_bottle'\n",
    "with other rules": "Q = 'DELETE FROM ink_bottle'  # seam: accept file, sql -- gone by spring\n",
}
REFUSED = {
    "Q = 'DELETE FROM ink_bottle'  # seam: accept sql\n": ["accept", "sql"],
    "Q = 'DELETE FROM ink_bottle'  # seam: accept sql --\n": ["accept", "sql"],
    "Q = 'DELETE FROM ink_bottle'  # seam: accept -- gone by spring\n": ["accept", "sql"],
    "Q = 'DELETE FROM ink_bottle'  # seam: accept file -- gone by spring\n": ["accept", "sql"],
    "Q = 'DELETE FROM ink_bottle'  # seam: accept sequel -- gone by spring\n": ["accept", "sql"],
    "Q = 'DELETE FROM ink_bottle'\n# seam: accept sql -- gone by spring\n": ["accept", "sql"],
    "Q = 1  # seam: accept sql -- gone by spring\n": ["accept"],
    "Q = '# seam: accept sql -- gone by spring'\n": [],
    "# seam: accept unserved -- gone by spring\nQ = 1\n": ["accept"],
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_it_is_accepted_and_shown(text: str, monolith: Monolith) -> None:
    monolith.write(EXTRA, text)
    judged = judge(monolith.project, ["pens"])
    assert judged.open == []
    assert [(finding.rule, reason) for finding, reason in judged.accepted] == [("sql", "gone by spring")]
    said = monolith.run("check", "pens")
    assert said.exit_code == 0
    assert "[sql] accepted: the table ink_bottle is another module's - gone by spring" in said.output
    assert "nothing stands in the way, but for 1 finding accepted" in said.output
    assert "yes, 1 accepted" in monolith.run("list").output
    [told] = json.loads(monolith.run("check", "pens", "--json").output)["accepted"]
    assert (told["rule"], told["reason"]) == ("sql", "gone by spring")


@pytest.mark.parametrize("text", REFUSED)
def test_it_is_not_accepted(text: str, monolith: Monolith) -> None:
    monolith.write(EXTRA, text)
    assert sorted(finding.rule for finding in check(monolith.project, ["pens"])) == REFUSED[text]


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        (f"{PENS}/fill.sql", "DELETE FROM ink_bottle; -- seam: accept sql -- gone by spring\n", "sql"),
        (
            f"{PENS}/templates/pens/both.html",
            "{# seam: accept template -- gone by spring #}\n{% include 'ink/bottle.html' %}\n",
            "template",
        ),
    ],
)
def test_it_is_accepted_in_other_files(path: str, text: str, rule: str, monolith: Monolith) -> None:
    monolith.write("src/modules/ink/templates/ink/bottle.html", "")
    monolith.write(path, text)
    judged = judge(monolith.project, ["pens"])
    assert (judged.open, [finding.rule for finding, _ in judged.accepted]) == ([], [rule])


def test_every_rule_can_be_named() -> None:
    assert {doctored.rule for doctored in (VIOLATIONS | DETOURS).values()} <= RULES


def test_what_is_accepted_does_not_keep_a_module_from_leaving(monolith: Monolith) -> None:
    monolith.write(EXTRA, ACCEPTED["on its line"])
    done = monolith.extract(monolith.root.parent / "service", "--dry-run")
    assert done.exit_code == 0, done.output
