"""The changelog says what a version lacks of a later one."""

import pytest

from extraction.updating import changelog
from extraction.updating.changelog import parse
from extraction.writing import runtime_wheel, shared_files
from extraction.writing.runtime_wheel import RuntimeWheel
from tests.processes import REPOSITORY

TEXT = """# Changelog

- no entry of a version

## Unreleased
### Upgrade
- Now.
## [2.0.0] - 2027-01-01
### Upgrade

- Do it, in
  two lines.
- Do that.

### Security
* A hole.
## 1.1.0 (2026-12-01)

Some words.

### Added
- A thing.
## 1.0.0
### Security
- An old hole.
## Before that
- nothing
"""


def lacking(version: str, here: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(shared_files, "read_changelog", lambda: TEXT)
    monkeypatch.setattr(runtime_wheel, "find", lambda: RuntimeWheel(f"seamline-{here}-py3-none-any.whl", b""))
    return [section.name for section in changelog.since(version)]


def test_it_is_read_by_version_and_heading() -> None:
    found = {section.name: section.entries for section in parse(TEXT)}
    assert [*found] == ["Unreleased", "2.0.0", "1.1.0", "1.0.0"]
    assert found["2.0.0"] == {"Upgrade": ("Do it, in two lines.", "Do that."), "Security": ("A hole.",)}
    assert found["1.1.0"] == {"Added": ("A thing.",)}


@pytest.mark.parametrize(
    ("version", "here", "lacks"),
    [
        ("1.0.0", "2.0.0", ["2.0.0", "1.1.0"]),
        ("2.0.0", "2.0.0", []),
        ("1.1.0", "2.1.0.dev0+gabc", ["Unreleased", "2.0.0"]),
        ("2.1.0.dev0+gdef", "2.1.0.dev0+gabc", ["Unreleased"]),
        ("2.1.0.dev0+gabc", "2.1.0.dev0+gabc", []),
        ("2.0.0.dev0+gabc", "2.0.0", ["2.0.0"]),
        ("1.1.0+gabc", "2.0.0", ["2.0.0", "1.1.0"]),
    ],
)
def test_a_version_lacks_what_is_of_a_later_one(
    version: str, here: str, lacks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lacking(version, here, monkeypatch) == lacks


def test_the_tools_own_can_be_read() -> None:
    sections = parse((REPOSITORY / "CHANGELOG.md").read_text())
    assert sections
    assert any("Security" in section.entries for section in sections)
    assert sections == parse(shared_files.read_changelog())
