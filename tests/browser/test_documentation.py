"""The documentation pages in a real browser."""

import subprocess
from pathlib import Path

import pytest

from tests.browser.chromium import HEADLESS
from tests.tools import require_tool


@pytest.mark.parametrize(
    ("page", "rendered"), [("/api/docs", 'id="operations-orders-post_orders"'), ("/api/redoc", "Place an order")]
)
def test_the_browser_shows_every_endpoint(base_url: str, tmp_path: Path, page: str, rendered: str) -> None:
    chromium = require_tool("chromium", "chromium-browser", "google-chrome")
    shown = subprocess.run(
        [
            chromium,
            *HEADLESS,
            "--virtual-time-budget=15000",
            f"--user-data-dir={tmp_path}",
            "--dump-dom",
            base_url + page,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert rendered in shown.stdout
