"""Every relative link of a page leads somewhere, and every path that a page names is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import REPOSITORY

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", ".github/**/*.md")
    for path in REPOSITORY.glob(pattern)
    if not path.is_relative_to(REPOSITORY / "var")
)
OF_TODAY = [page for page in PAGES if page.name != "CHANGELOG.md" and page.parent.name != "adr"]
"""The others name what was there once, too."""
EXAMPLES = ("reviews", "modules/notes", "/NAME", "…", "*", "<")
"""In a path that a reader makes."""
EXTRACTED = [description.parent for description in REPOSITORY.glob("src/modules/*/openapi.json")]
"""Folders of modules that left for good, whose code pages may still show the way to."""
SYSTEM = REPOSITORY / "extraction/writing/templates/system"
"""What a system of one's own has beside what every deployable has."""
FENCED = re.compile(r"^( *)```.*?^\1```$", re.M | re.S)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"\s]+)\"")
HEADING = re.compile(r"^#+ (.+)$", re.M)
PATH = re.compile(r"`((?:src|contracts|extraction|tests|benchmarks|docs|requirements)/[^`\s]+)`")


def targets(text: str) -> Iterator[str]:
    """Find what a page links to, its pictures included, but not what it shows as code."""
    for found in LINK.finditer(FENCED.sub("", text)):
        yield found[1] or found[2]


def anchors(text: str) -> set[str]:
    """List the anchors that its headings have on GitHub."""
    titles = (re.sub(r"[`*]|\]\(.*?\)|\[", "", title) for title in HEADING.findall(FENCED.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def is_there(path: Path) -> bool:
    return path.exists() or any(path.is_relative_to(folder) for folder in EXTRACTED)


def dead_links(page: Path) -> list[str]:
    dead = []
    for target in targets(page.read_text()):
        name, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        place = (page.parent / name).resolve() if name else page
        if not is_there(place) or (anchor and anchor not in anchors(place.read_text())):
            dead.append(target)
    return dead


def missing_paths(page: Path) -> list[str]:
    named = (path.split(":")[0] for path in PATH.findall(FENCED.sub("", page.read_text())))
    return [path for path in named if not any(word in path for word in EXAMPLES) and not is_known(path)]


def is_known(path: str) -> bool:
    return is_there(REPOSITORY / path) or (SYSTEM / path).exists() or (SYSTEM / f"{path}.jinja").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert dead_links(page) == []


@pytest.mark.parametrize("page", OF_TODAY, ids=lambda path: path.name)
def test_paths_are_there(page: Path) -> None:
    assert missing_paths(page) == []


def test_every_decision_is_listed_with_its_title_and_status() -> None:
    decisions = REPOSITORY / "docs/adr"
    listed = (decisions / "README.md").read_text()
    for page in sorted(decisions.glob("[0-9]*.md")):
        title, _, status, *_ = page.read_text().splitlines()
        number, title = title.removeprefix("# ").split(". ", 1)
        assert f"| {number} | [{title}]({page.name}) | {status.rstrip('.')} |" in listed.splitlines()


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# A `title`, and more\n```\n# no title\n```\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md) [b](other.md#a-title-and-more) [c](https://example.com) `src/modules/reviews/api.py`\n"
        '[d](none.md) [e](other.md#no-title) <img src="none.svg"> [f](#none) `src/kernel/models.py`\n'
        "```\n[g](none.md) `src/kernel`\n```\n"
    )
    assert dead_links(page) == ["none.md", "other.md#no-title", "none.svg", "#none"]
    assert missing_paths(page) == ["src/kernel/models.py"]
