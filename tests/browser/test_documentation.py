"""The documentation pages in a real browser, where one is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=15000",
]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt install chromium")
@pytest.mark.parametrize(
    ("page", "rendered"), [("/api/docs", 'id="operations-orders-post_orders"'), ("/api/redoc", "Place an order")]
)
def test_the_browser_shows_every_endpoint(base_url: str, tmp_path: Path, page: str, rendered: str) -> None:
    shown = subprocess.run(
        [str(CHROMIUM), *QUIET, f"--user-data-dir={tmp_path}", "--dump-dom", base_url + page],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert rendered in shown.stdout
