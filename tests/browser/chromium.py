"""A real Chromium, told what to do by the DevTools protocol over a pair of pipes, which needs no driver beside it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from tests.tools import require_tool
from tests.waiting import eventually

HEADLESS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_ON_3_AND_4 = """
import fcntl, os, sys
high = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 100) for each in sys.argv[1:3]]
for number, each in enumerate(high, start=3):
    os.dup2(each, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The browser reads its commands from descriptor 3, and writes to 4."""


class Page:
    """A page of the browser, and what it complained about."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers, self._numbers, self._rest = commands, answers, count(1), b""
        self.complaints: list[str] = []
        """Errors of scripts and of the network, and what the page's policy refused."""
        self.requested: list[str] = []
        """Addresses that it asked for."""
        self._session: dict[str, str] = {}
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.tell(f"{domain}.enable")

    def tell(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command, and return its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **self._session}
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer}"
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def open(self, url: str) -> None:
        self.tell("Page.navigate", url=url)
        eventually(lambda: self.run("document.readyState"), lambda state: state == "complete")

    def run(self, script: str) -> Any:
        """Run an expression in the page, and return what it comes to."""
        told = self.tell("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, f"{script}: {told['exceptionDetails']}"
        return told["result"].get("value")

    def until(self, script: str) -> Any:
        """Wait until an expression is true of the page."""
        return eventually(lambda: self.run(script), bool)

    def press(self, key: str, text: str = "") -> None:
        """Press and release a key: `Tab`, `Enter`, `Escape`."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27}
        known = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
        self.tell("Input.dispatchKeyEvent", type="keyDown", **known, **({"text": text} if text else {}))
        self.tell("Input.dispatchKeyEvent", type="keyUp", **known)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._answers, 1 << 20)
            assert read, "the browser has ended"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer

    def _note(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        match event.get("method"):
            case "Log.entryAdded" if told["entry"]["level"] == "error":
                self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
            case "Runtime.exceptionThrown":
                self.complaints.append(str(told["exceptionDetails"]))
            case "Network.requestWillBeSent":
                self.requested.append(told["request"]["url"])


@contextmanager
def browsing(profile: Path) -> Iterator[Page]:
    """Open a browser with a profile in a folder of its own; it ends with the block."""
    chromium = require_tool("chromium", "chromium-browser", "google-chrome")
    from_us, commands = os.pipe()
    answers, to_us = os.pipe()
    command = [chromium, *HEADLESS, "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"]
    wrapped = [sys.executable, "-c", _ON_3_AND_4, str(from_us), str(to_us), *command]
    process = subprocess.Popen(wrapped, pass_fds=(from_us, to_us), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    os.close(from_us)
    os.close(to_us)
    try:
        yield Page(commands, answers)
    finally:
        process.terminate()
        process.wait()
        os.close(commands)
        os.close(answers)
