"""What docs/security.md says is shown by tests: each that it names is there."""

import ast
import re

import pytest

from tests.processes import REPOSITORY

PAGE = (REPOSITORY / "docs/security.md").read_text()
RISKS = re.findall(r"^\*\*(API\d+) [^*]+\.\*\*(.*?)(?=^\*\*API|^## )", PAGE, re.M | re.S)
NAMED = re.findall(r"`((?:src|tests)/[^`\s]+\.py)::(\w+)`", PAGE)


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_it_names_is_there(path: str, name: str) -> None:
    tree = ast.parse((REPOSITORY / path).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_of_the_ten_risks_names_one() -> None:
    assert [risk for risk, _ in RISKS] == [f"API{number}" for number in range(1, 11)]
    for risk, text in RISKS:
        assert "::test_" in text, risk
