"""A reader who follows a page: types what it has typed, and compares what comes back."""

import os
import re
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest

from tests.documentation import code_blocks, copies, pages, scenes
from tests.documentation.likeness import Reader
from tests.documentation.terminals import TYPED_ANSWER, Ports, Running, Shell, Shown
from tests.processes import REPOSITORY, environment
from tests.waiting import PATIENCE, unhurried

T = TypeVar("T")
WHOM = {
    f"GIT_{role}_{what}": who for role in ("AUTHOR", "COMMITTER") for what, who in (("NAME", "Ada"), ("EMAIL", "a@b.c"))
}
LOOKS = re.compile(
    r"^(shop|api|curl|grep|(\.venv/bin/)?python manage\.py (events (status|dead)|audit))\b(?!.* -d )", re.S
)
"""A command that changes nothing: what comes about a moment later is looked at again."""
SERVES = re.compile(r"^(?:cd \.\./([\w-]+) && )?.*(?:\bmake run|\.wsgi:application)$")
"""A command that keeps its terminal: one named like the service, or the first."""


class Desk:
    """One reader, with a copy of the repository and terminals in it."""

    def __init__(self, folder: Path) -> None:
        self.root = copies.clone(folder / "seam")
        copies.prepare(self.root)
        self.ports, self.reader, self.folder = Ports(), Reader(), folder
        path = os.pathsep.join((str(folder / "bin"), str(self.root / ".venv/bin"), os.environ["PATH"]))
        own = {"PATH": path, "HOME": str(folder), "PREPARE_VENV": self._prepare_venv()}
        self.settings = environment() | own | {"LOG_READABLE": "true", "NO_COLOR": "1"} | WHOM
        self.shell = Shell(self.root, self.settings, self.ports, folder)
        self.terminals: dict[str, Running] = {}
        self.stack = ExitStack()
        """What ends with the reader's day."""

    def terminal(self, name: str) -> Running:
        if name not in self.terminals:
            log = self.folder / f"terminal-{name}.log"
            self.terminals[name] = Running(name, self.root, self.settings, self.ports, log)
        return self.terminals[name]

    def follow(self, step: pages.Step) -> None:
        """Do what a page says, and compare what comes of it."""
        match step:
            case pages.Command(text=text) if serves := SERVES.match(text):
                self.terminal(serves[1] or "1").type(text)
            case pages.Command():
                self._type(step)
            case pages.Terminal(name=name, text=text):
                self.terminal(name).type(text)
            case pages.Says():
                self._look(step)
            case pages.Code(path=path, text=text):
                code_blocks.write(self.root / path, text)
            case pages.Scene(name=name):
                scenes.SCENES[name](self)
            case pages.Untyped():
                pass

    def close(self) -> None:
        with self.stack as stack:
            stack.callback(self.shell.close)
            for terminal in self.terminals.values():
                stack.callback(terminal.close)

    def type(self, command: str) -> None:
        """Do what no page shows."""
        shown = self.shell.type(command)
        assert shown.status == 0, f"{command}\n{shown.output}"

    def _type(self, step: pages.Command) -> None:
        typed = "".join(f"{answer}\n" for answer in TYPED_ANSWER.findall(step.output + "\n"))
        expected = TYPED_ANSWER.sub("", step.output + "\n")

        def shown() -> Shown:
            return self.shell.type(self.reader.typed(step.text), typed)

        def is_as_said(shown: Shown) -> bool:
            if not step.output:
                return not shown.status
            if step.text.endswith("| sort"):
                return self.reader.recognises_lines(expected, shown.output)
            return self.reader.recognises(expected, shown.output)

        came = seen_at_last(shown, is_as_said) if LOOKS.match(step.text) else shown()
        if not is_as_said(came):
            disagree(step, f"$ {step.text}\n{came.output}", step.output)

    def _look(self, step: pages.Says) -> None:
        terminal = self.terminal(step.name)
        for line in step.output.splitlines():
            came = seen_at_last(terminal.shown, partial(self._has_line, line))
            if not self._has_line(line, came):
                disagree(step, f"terminal {step.name}:\n{came}", line)

    def _has_line(self, line: str, shown: str) -> bool:
        return any(self.reader.recognises(line, each) for each in shown.splitlines())

    def _prepare_venv(self) -> str:
        """Write a program that does it, and in whose imports the folder that it is given has no part."""
        program = self.folder / "bin" / "prepare-venv"
        program.parent.mkdir()
        path = f"{REPOSITORY}:{REPOSITORY}/src"
        program.write_text(f'#!/bin/sh\nPYTHONPATH="{path}" exec "{sys.executable}" "{copies.__file__}" "$@"\n')
        program.chmod(0o755)
        return str(program)


def seen_at_last(look: Callable[[], T], until: Callable[[T], bool]) -> T:
    """Look until it is so or patience ends, and return what was seen last."""
    over = unhurried() + PATIENCE
    while not until(seen := look()) and unhurried() < over:
        time.sleep(0.2)
    return seen


def disagree(step: pages.Step, shown: str, said: str) -> NoReturn:
    pytest.fail(f"{step.page}:{step.line}: {shown}\n\nbut the page says\n\n{said}", pytrace=False)
