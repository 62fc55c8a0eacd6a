"""The words check sees what it is for, and its list of old offenders can only shrink."""

from collections import Counter
from pathlib import Path

import pytest

from tests.words import check


def found(code: str, path: str = "src/seamline/room.py") -> list[str]:
    return [offence.key for offence in check._in_file(Path(path), code, documented=True)]


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("class Answer: ...", "banned Answer"),
        ("_KEPT = 3", "banned _KEPT"),
        ("class Pool:\n    rests_until: float = 0.0", "banned Pool.rests_until"),
        ("if True:\n    PATIENCE = 3.0", "banned PATIENCE"),
        ("def _settled(): ...", "participle _settled"),
        ("class Pool:\n    def shown(self): ...", "participle Pool.shown"),
        ('def url():\n    """Where it is."""', "docstring url"),
        ('class Pool:\n    def is_full(self):\n        """Whether it is."""', "docstring Pool.is_full"),
    ],
)
def test_an_offence_is_seen(code: str, key: str) -> None:
    assert found(code) == [key]


def test_a_file_of_a_banned_name_is_seen() -> None:
    assert found("", "extraction/data/places.py") == ["file places"]


@pytest.mark.parametrize(
    "code",
    [
        "def settle(): ...",
        "def is_settled(): ...",
        "def find_extracted(): ...",
        "def feed(): ...",
        'def _url():\n    """Where it is."""',
        'def url():\n    """Return where it is."""',
        "def calm():\n    answer = KEPT = 1",
    ],
)
def test_the_fields_words_pass(code: str) -> None:
    assert found(code) == []


def test_a_new_offence_is_told_with_its_place() -> None:
    offence = check.Offence("a.py", 3, "participle", "told", "a verb")
    assert check.judge([offence], Counter()) == ["a.py:3: [participle] told: a verb"]
    assert check.judge([offence], Counter({offence.key: 1})) == []
    assert check.judge([offence, offence], Counter({offence.key: 1})) == [str(offence)]


def test_a_mended_offender_has_to_leave_the_list() -> None:
    complaints = check.judge([], Counter({"participle told": 1}))
    assert "allowed.txt: participle told is mended" in complaints[0]
    assert "--shrink" in complaints[1]


def test_a_term_is_defined_once() -> None:
    text = "- **lease**: a claim\n- **saga**: a flow\n- **Lease**: a claim"
    assert check.repeated_terms(text) == ["lease"]


def test_the_words_of_this_repository_are_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([]) == 0, capsys.readouterr().out
