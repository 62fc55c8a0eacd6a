"""Take the pictures of what a person sees, from a monolith that runs for them. Needs chromium and its driver.

PYTHONPATH=.:src python docs/pictures/make.py
"""

import base64
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import urllib3

from tests.processes import REPOSITORY, Deployable, answers, environment, free_port, yard
from tests.tools import find_tool
from tests.waiting import eventually

FOLDER = Path(__file__).parent
WIDTH, HEIGHT = 1400, 1000
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]


class Browser:
    """A browser, by the WebDriver protocol."""

    def __init__(self, driver: str) -> None:
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": ARGUMENTS}}}}
        self._address = f"{driver}/session"
        self._address += "/" + self._ask("POST", "", wanted)["sessionId"]

    def open(self, url: str) -> None:
        self._ask("POST", "/url", {"url": url})

    def run(self, script: str) -> Any:
        """Run a script in the page, and return what it returns."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": []})

    def wait_for(self, selector: str) -> None:
        eventually(lambda: self.run(f"return document.querySelector({selector!r}) !== null"), bool)

    def take(self, name: str) -> None:
        """Write what is seen."""
        (FOLDER / f"{name}.png").write_bytes(base64.b64decode(self._ask("GET", "/screenshot")))

    def close(self) -> None:
        self._ask("DELETE", "")

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        answer = urllib3.request(method, self._address + path, json=body, timeout=60).json()["value"]
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(f"{method} {path}: {answer['message']}")
        return answer


@contextmanager
def browser() -> Iterator[Browser]:
    program = find_tool("chromedriver")
    if not program:
        raise SystemExit("error: no chromedriver; Debian has it in chromium-driver")
    port = free_port()
    driver = subprocess.Popen([program, f"--port={port}", "--log-level=OFF"])
    try:
        eventually(lambda: answers(port), bool)
        opened = Browser(f"http://127.0.0.1:{port}")
        try:
            yield opened
        finally:
            opened.close()
    finally:
        driver.terminate()
        driver.wait()


def take_documentation(browser: Browser, url: str) -> None:
    """The shop's documentation, with one operation open."""
    browser.open(f"{url}/api/docs")
    browser.wait_for("#operations-orders-post_orders")
    browser.run("document.querySelector('#operations-orders-post_orders .opblock-summary-control').click()")
    browser.wait_for("#operations-orders-post_orders .opblock-body")
    browser.run("document.querySelector('#operations-tag-orders').scrollIntoView()")
    browser.take("documentation")


def take_events(browser: Browser, url: str) -> None:
    """The admin's page of a module's events."""
    browser.open(f"{url}/admin/login/?next=/admin/seamline/outboxmessage/%3Fmodule=orders")
    browser.run(
        "document.querySelector('#id_username').value = 'admin';"
        "document.querySelector('#id_password').value = 'demo-password';"
        "document.querySelector('#login-form').submit()"
    )
    browser.wait_for("#result_list")
    browser.run("document.querySelector('#toggle-nav-sidebar').click()")
    browser.take("events")


def make_events(monolith: Deployable) -> None:
    """Have some events handled, and some that `users` could not handle."""
    script = (REPOSITORY / "tests/documentation/dead_events.py").read_text()
    own = environment(**monolith.settings)
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", script], cwd=REPOSITORY, env=own, check=True, capture_output=True
    )


def main() -> None:
    with TemporaryDirectory() as folder, yard(Path(folder)) as made, made.deployable("pictures") as monolith:
        monolith.start()
        make_events(monolith)
        with browser() as opened:
            take_documentation(opened, monolith.url)
            take_events(opened, monolith.url)
        monolith.stop()


if __name__ == "__main__":
    main()
