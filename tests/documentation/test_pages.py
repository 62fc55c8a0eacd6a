"""README and docs: whatever they have a reader type is typed, and what they say comes back comes back."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documentation import code_blocks, pages
from tests.documentation.desk import Desk
from tests.documentation.likeness import Reader
from tests.processes import REPOSITORY
from tests.tools import require_tool

EVERY = (REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md")))
PAGES = [path for path in EVERY if any(not isinstance(step, pages.Untyped) for step in pages.steps(path))]
TOGETHER = ("call-another-module.md", "publish-an-event.md", "write-a-flow.md", "roll-back.md")
"""Those that one reader follows, each where the one before has ended."""
BY_NIGHT = {"add-a-module.md", "extract-a-module.md", "operate.md", "start-your-own.md"}
"""Those that take a minute and more."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    require_tool("curl")
    require_tool("make")
    made = Desk(tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.long
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.nightly] * (page.name in BY_NIGHT), id=page.name)
        for page in PAGES
        if page.name not in TOGETHER
    ],
)
def test_what_comes_back_is_what_the_page_says(page: Path, desk: Desk) -> None:
    for step in pages.steps(page):
        desk.follow(step)


@pytest.mark.long
@pytest.mark.nightly
def test_what_comes_back_is_what_pages_say_that_follow_each_other(desk: Desk) -> None:
    for name in TOGETHER:
        for step in pages.steps(REPOSITORY / "docs" / name):
            desk.follow(step)


def test_every_page_with_a_console_is_followed() -> None:
    assert [page for page in EVERY if "```console" in page.read_text()] == PAGES


def test_what_is_not_typed_says_why() -> None:
    left_out = Counter(step.page for path in EVERY for step in pages.steps(path) if isinstance(step, pages.Untyped))
    assert left_out == {"move.md": 4, "production.md": 3}


def test_code_of_a_page_takes_the_place_of_what_has_its_name(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    for block in (
        "import a\n\nB = 1\n\n\n@once\ndef c() -> None:\n    return 1\n\n\nD = 2\n",
        "import e\n\n\ndef c() -> None:\n    return 3\n\n\ndef f() -> None: ...\n",
    ):
        code_blocks.write(file, block)
    assert file.read_text() == (
        "import e\nimport a\n\nB = 1\n\n\ndef c() -> None:\n    return 3\n\n\nD = 2\n\n\ndef f() -> None: ...\n"
    )


@pytest.mark.parametrize("page", ["```shell\n$ make\n```", "<!-- untyped: why -->\n```console\n$ make\n```"])
def test_a_block_that_nobody_types_is_marked(page: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(page)
    with pytest.raises(pages.Misprint, match=r"page\.md:\d: a block of `shell`"):
        list(pages.steps(tmp_path / "page.md"))


A, B, C = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "abc")


@pytest.mark.parametrize(
    ("said", "comes"),
    [
        ("wrote a", "wrote a"),
        ("1 event of …, later", "1 event of users, later"),
        ("first\n…\nlast", "first\nlast"),
        ("first\n…\nlast", "first\nsecond\nthird\nlast"),
        ("first\n…", "first\nsecond\nthird"),
        (f"{A} is not {B} but {A}", f"{B} is not {C} but {B}"),
        (
            "at 2026-11-21T11:28:44.832312Z, ms=65.0, in 14.4 s, 1,346 kB",
            "at 2027-01-01T00:00:00Z, ms=7.1, in 3 s, 2 kB",
        ),
        ("name  age", "name      age"),
    ],
)
def test_output_is_recognised(said: str, comes: str) -> None:
    assert Reader().recognises(said, comes)


@pytest.mark.parametrize(
    ("said", "comes"),
    [
        ("wrote a", "wrote b"),
        ("wrote a", "wrote a\nwrote b"),
        ("1 event of …, later", "1 event\nof users, later"),
        ("first\n…\nlast", "last"),
        (f"{A} is not {B} but {A}", f"{B} is not {C} but {C}"),
        ("0000000a-da00-4000-8000-000000000001", "0000000b-da00-4000-8000-000000000001"),
        ("10 tables, 12 rows", "10 tables, 13 rows"),
    ],
)
def test_other_output_is_not(said: str, comes: str) -> None:
    assert not Reader().recognises(said, comes)


def test_an_id_stands_for_the_one_that_came() -> None:
    reader = Reader()
    assert reader.recognises(f'{{"id":"{A}"}}', f'{{"id":"{B}"}}')
    assert reader.typed(f"shop /orders/{A}") == f"shop /orders/{B}"
    assert not reader.recognises(A, C)


def test_a_direction_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("<!-- terminal 1, make run -->\n")
    with pytest.raises(pages.Misprint, match=r"page.md:1: <!-- terminal 1, make run --> is no direction"):
        list(pages.steps(tmp_path / "page.md"))
