"""Terminals of a reader: one to type in, and others in which something runs until Ctrl-C."""

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.processes import answers, free_port
from tests.waiting import eventually

PORT = re.compile(r"(?<=127\.0\.0\.1:)(?:80\d\d|5432)\b")
MONOLITH, SERVICE = "8000", "8001"
"""The ports that they have unless they are told."""
TYPED_ANSWER = re.compile(r"(?<=\[y/N\] )(\w+)\n")
PRELUDE = """\
exec 2>&1
make() { "$PREPARE_VENV" "$PWD" && command make "$@"; }
"""
"""Of a new terminal. A folder's first `make` finds a virtual environment there, with what it would install."""


class Ports(dict[str, int]):
    """Free ports, by those that the pages have; others may use these at the same time."""

    def __missing__(self, written: str) -> int:
        self[written] = free_port()
        return self[written]

    def typed(self, text: str) -> str:
        return PORT.sub(lambda match: str(self[match[0]]), text)

    def shown(self, text: str) -> str:
        text = re.sub(r"\x1b\[[\d;]*m|\r", "", text)
        for written, real in self.items():
            text = re.sub(rf"\b{real}\b", written, text)
        return text


class Shown(NamedTuple):
    """What a command ended with."""

    output: str
    status: int


class Shell:
    """The terminal that a reader types in: one bash, with all that it remembers."""

    def __init__(self, folder: Path, settings: Mapping[str, str], ports: Ports, scratch: Path) -> None:
        self._ports, self._scratch = ports, scratch
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._write(PRELUDE)

    def type(self, command: str, answers: str = "") -> "Shown":
        """Type a command and return what is shown until it has ended.

        One that asks is given the answers at a terminal, without which it would not ask.
        """
        script, typed = self._scratch / "command", self._scratch / "answers"
        script.write_text(self._ports.typed(command) + "\n")
        typed.write_text(answers)
        end = "that was all of it"
        asks = f"script --quiet --return --echo never --command 'bash {script}' /dev/null"
        run = asks if answers else f'. "{script}"'
        self._write(f'{run} < "{typed}"; status=$?; echo; echo "{end}: $status"\n')
        assert self._bash.stdout
        shown = ""
        for line in self._bash.stdout:
            if line.startswith(f"{end}: "):
                return Shown(self._ports.shown(shown), int(line.removeprefix(f"{end}: ")))
            shown += line
        raise AssertionError(f"the terminal was closed by {command}\n{shown}")

    def close(self) -> None:
        os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.communicate()

    def _write(self, text: str) -> None:
        assert self._bash.stdin
        self._bash.stdin.write(text)
        self._bash.stdin.flush()


class Running:
    """Another terminal: one command at a time, which serves until it is told to stop."""

    def __init__(self, name: str, folder: Path, settings: Mapping[str, str], ports: Ports, log: Path) -> None:
        self.name, self._folder, self._settings, self._ports, self.log = name, folder, settings, ports, log
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def type(self, command: str) -> None:
        if command == "Ctrl-C":
            self.stop()
        else:
            self.start(command)

    def start(self, command: str) -> None:
        """Start what serves, and wait until it does."""
        assert self._process is None, f"terminal {self.name} is busy"
        is_service = command.startswith("cd ") and "-service" in command
        self._port = self._ports[SERVICE if is_service else MONOLITH]
        own = {"PORT": str(self._port)}
        if is_service:
            own["GATEWAY_URL"] = f"http://127.0.0.1:{self._ports[MONOLITH]}"
        command = self._ports.typed(command)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["bash", "--noprofile", "--norc", "-c", PRELUDE + command],
                cwd=self._folder,
                env={**self._settings, **own},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process = self._process
        eventually(lambda: answers(self._port) or process.poll() is not None, bool)
        assert process.poll() is None, f"{command}\n{self.shown()}"

    def stop(self) -> None:
        """Press Ctrl-C, and wait until it has ended."""
        assert self._process, f"nothing runs in terminal {self.name}"
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGINT)
        self._process.wait()
        self._process = None
        assert not answers(self._port), self.shown()

    def shown(self) -> str:
        return self._ports.shown(self.log.read_text(errors="replace"))

    def close(self) -> None:
        if self._process:
            self.stop()
