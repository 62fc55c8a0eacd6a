"""The page of a survey in a real browser."""

import subprocess

import pytest

from extraction.survey import survey
from extraction.survey.outputs.as_html import as_html
from tests.browser.chromium import HEADLESS
from tests.processes import REPOSITORY
from tests.tools import require_tool


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the page has become when its script has run."""
    folder = tmp_path_factory.mktemp("survey")
    (folder / "page.html").write_text(as_html(survey(REPOSITORY / "tests" / "survey" / "library_project")))
    chromium = require_tool("chromium", "chromium-browser", "google-chrome")
    command = [chromium, *HEADLESS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", f"file://{folder}/page.html"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "drawn",
    [
        '<p id="facts">5 apps, ',
        'aria-label="loans → catalog: ',
        'aria-label="catalog → loans: 1"',
        'aria-label="loans, ',
        "<code>fines/models.py:6</code>",
        "deleting a loans.Loan deletes every Note of it",
        "Who could leave first",
        "it travels along with whoever leaves",
    ],
)
def test_the_page_draws_itself(shown: str, drawn: str) -> None:
    assert drawn in shown


def test_all_couplings_are_counted(shown: str) -> None:
    assert '<p id="count" role="status">67 places</p>' in shown
