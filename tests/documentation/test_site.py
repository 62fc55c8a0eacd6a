"""The site: its reference has all that the code declares, and its pages lead to each other and to nobody else."""

import ast
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from docs.site import reference, sources
from docs.site.reference import declared, logs, settings
from tests.browser.chromium import browsing
from tests.processes import REPOSITORY, environment

SET_FOR_TESTS = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "DATABASE_PREFIX", "GATEWAY_URL", "LOG_LEVEL"}
BROKEN_PICTURES = "[...document.images].filter(each => !each.naturalWidth).map(each => each.src)"


class Links(HTMLParser):
    """What a page leads to, and where one may be led to in it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.anchors: set[str] = {""}
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("href", "src"):
                self.targets.add(value or "")
            elif name == "id":
                self.anchors.add(value or "")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference, of the shop, with its own settings."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "docs.site", str(folder)]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment(PYTHONPATH=".:src"), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "reference"


@pytest.mark.parametrize(
    ("page", "has"),
    {
        "settings": ("`CALL_MAX_ATTEMPTS` | a whole number, 5 at most | `3`", "`ORDERS_MAX_PENDING`"),
        "commands": ("`make docs`", "usage: manage.py sagas", "Usage: python -m extraction data copy"),
        "metrics": ("`contract_calls_total` | counter | `origin`, `caller`, `operation`", "`events_dead` | gauge"),
        "logs": ("`request` | info | `method`", "`event_dead_letter` | error | `name`", "`saga_retried` | warning"),
        "contracts": ("reserve(order_id: UUID, lines: tuple[StockLine, ...])", "`orders.OrderCreated.v1`"),
        "errors": ("`inventory.out_of_stock` | 409", "`call.rejected` | 503", "`request.in_flight` | 409"),
    }.items(),
)
def test_a_page_has_what_the_code_declares(page: str, has: tuple[str, ...], written: Path) -> None:
    text = (written / f"{page}.md").read_text()
    assert [each for each in has if each not in text] == []


def test_a_setting_that_nobody_describes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    call = declared.Call("src/seamline/x.py", ast.parse('env.str("HIDDEN", "")').body[0].value, None)  # type: ignore[attr-defined]
    monkeypatch.setattr(settings, "calls", lambda: (call,))
    with pytest.raises(reference.Incomplete, match=r"\.env\.example has no HIDDEN, which src/seamline/x\.py reads"):
        settings.page()


def test_a_log_event_that_nobody_describes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    call = declared.Call("src/seamline/x.py", ast.parse('log.info("hidden")').body[0].value, None)  # type: ignore[attr-defined]
    monkeypatch.setattr(logs, "calls", lambda: (call,))
    with pytest.raises(reference.Incomplete, match=r"docs/operate\.md has no log event hidden"):
        logs.page()


def test_a_page_that_nothing_leads_to_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = REPOSITORY / "docs/lost.md"
    monkeypatch.setattr(sources, "pages", lambda pages=sources.pages: {**pages(), lost: "lost.md"})
    monkeypatch.setattr(Path, "read_text", lambda path, read=Path.read_text: "" if path == lost else read(path))
    with pytest.raises(sources.Misplaced, match=r"docs/index\.md lists every page but lost\.md"):
        sources.write(tmp_path, {})


def test_a_link_to_code_leads_to_the_repository_where_there_is_one(tmp_path: Path) -> None:
    sources.write(tmp_path / "with", {}, "https://example.com/blob/main")
    sources.write(tmp_path / "without", {})
    link = "[src/modules/orders/sagas.py](https://example.com/blob/main/src/modules/orders/sagas.py)"
    assert link in (tmp_path / "with/checkout.md").read_text()
    assert "\nsrc/modules/orders/sagas.py, each" in (tmp_path / "without/checkout.md").read_text()


def outside() -> dict[str, str]:
    """The environment that the tests were started in: pip finds its index there."""
    return {name: value for name, value in os.environ.items() if name not in SET_FOR_TESTS}


@pytest.mark.nightly
def test_the_site_is_built_without_a_warning_and_asks_nobody_else(tmp_path: Path) -> None:
    built = subprocess.run(["make", "docs"], cwd=REPOSITORY, env=outside(), capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    site = REPOSITORY / "var/site"
    pages = {page: Links(page) for page in sorted(site.rglob("*.html"))}
    assert len(pages) > 50
    assert [dead for page, links in pages.items() for dead in dead_links(page, links, pages)] == []
    with browsing(tmp_path) as browser:
        for page in pages:
            browser.open(page.as_uri())
            assert browser.run("[...document.images].filter(each => !each.naturalWidth).map(each => each.src)") == [], (
                page
            )
        browser.open((site / "checkout.html").as_uri())
        assert browser.run("""document.querySelector('img[alt^="Diagram"]').naturalWidth""") > 100
        assert browser.complaints == []
        assert {url for url in browser.requested if urlsplit(url).scheme not in ("file", "data")} == set()


def dead_links(page: Path, links: Links, pages: dict[Path, Links]) -> list[str]:
    """List the links of a page to nothing of the site."""
    dead = []
    for target in links.targets:
        scheme, _, path, _, anchor = urlsplit(target)
        if scheme:
            continue
        place = (page.parent / unquote(path)).resolve() if path else page
        is_there = place.is_file() and (place not in pages or unquote(anchor) in pages[place].anchors)
        dead += [] if is_there else [f"{page.name}: {target}"]
    return dead
