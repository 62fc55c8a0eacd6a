"""Ctrl-C, and being asked to end: what was begun is undone, and no process of ours outlives us."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def prepare() -> None:
    """Leave by way of everything that has to be undone."""
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


@contextmanager
def deferred() -> Iterator[None]:
    """Hear of it at the end of the block only: `process = Popen(…)` must not start one, and then not name it."""
    heard: list[int] = []
    before = {number: signal.signal(number, lambda number, frame: heard.append(number)) for number in ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if heard:
            signal.raise_signal(signal.Signals(heard[0]))


def run(
    command: Sequence[str], timeout: float | None = None, *, given: bytes = b"", **options: Any
) -> "subprocess.CompletedProcess[bytes]":
    """Do as `subprocess.run`, in a session of its own that is gone when this returns or raises, whatever happens."""
    process: subprocess.Popen[bytes] | None = None
    reads = subprocess.PIPE if given else subprocess.DEVNULL
    try:
        with deferred():
            process = subprocess.Popen(command, stdin=reads, start_new_session=True, **options)
        said, complained = process.communicate(given or None, timeout)
        return subprocess.CompletedProcess(command, process.returncode, said, complained)
    finally:
        if process and process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _end(number: int, frame: FrameType | None) -> None:
    for again in ENDINGS:
        # A second Ctrl-C must not disturb the undoing.
        signal.signal(again, signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)
