"""The tests themselves: they ask for programs by one way, and no limit of theirs is one that a busy machine reaches."""

import ast
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import tools, waiting
from tests.processes import REPOSITORY
from tests.waiting import eventually, unhurried

SYSTEM = REPOSITORY / "requirements" / "system.txt"
LIMITED = {"run", "Popen", "communicate", "check_output", "wait"}
"""Functions that wait for a process, and take a `timeout` by the clock on the wall."""


def test_a_program_that_is_not_there_is_a_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUIRE_TOOLS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no no-such-program on this system"):
        tools.require_tool("no-such-program")


def test_a_program_that_is_not_there_is_a_failure_where_all_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE_TOOLS", "1")
    with pytest.raises(pytest.fail.Exception, match="no no-such-program on this system"):
        tools.require_tool("no-such-program")


def test_no_test_looks_for_a_program_by_a_way_of_its_own() -> None:
    assert [path for path, text in _tests() if "shutil.which" in text and path != "tests/tools.py"] == []


def test_every_package_of_the_system_says_what_it_is_for() -> None:
    lines = [line for line in SYSTEM.read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not line.partition("  # ")[2]] == []


def test_no_test_limits_a_process_by_the_clock_on_the_wall() -> None:
    found = {f"{path}:{call.lineno}" for path, text in _tests() for call in _limits(ast.parse(text))}
    assert found == set()


def test_what_does_not_come_about_is_told_with_what_was_seen() -> None:
    with pytest.raises(AssertionError, match="not so after 0 unhurried seconds; last seen: 7"):
        eventually(lambda: 7, lambda seen: seen == 8, 0)


def test_the_clock_hardly_moves_while_somebody_waits_for_a_processor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pressure = tmp_path / "cpu"
    monkeypatch.setattr(waiting, "_PRESSURE", pressure)
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    assert unhurried() == 100.0
    pressure.write_text("some avg10=0.0 avg60=0.0 avg300=0.0 total=50000000\nfull avg10=0.0 total=9\n")
    assert unhurried() == pytest.approx(55.0)


def _tests() -> Iterator[tuple[str, str]]:
    for folder in ("tests", "src"):
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            name = path.relative_to(REPOSITORY)
            # The surveyed project is written for other Pythons, on purpose.
            if "tests" in name.parts and "library_project" not in name.parts and path != Path(__file__):
                yield str(name), path.read_text()


def _limits(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls that give a process so many seconds; a random fraction of one is no limit but a moment."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LIMITED:
            for keyword in node.keywords:
                if keyword.arg == "timeout" and isinstance(keyword.value, ast.Constant | ast.Name):
                    yield node
