"""The servers of contenders as real processes, ended by the id they were started with, and what they use."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from seamline.development import clusters
from tests.processes import answers, environment, free_port

HERE = Path(__file__).parent
WITHIN = 60.0


class Server:
    """A program that listens on a port; its output is in a file."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def server(
    log: Path, *command: str, port: int | None = None, cwd: Path | None = None, **settings: str
) -> Iterator[Server]:
    """Run `python -m <command>`, where `{port}` stands for its port, until the end of the block."""
    port = port or free_port()
    with process(log, *(word.format(port=port) for word in command), cwd=cwd, **settings) as started:
        yield until_listening(started, port, log)


@contextmanager
def process(log: Path, *command: str, cwd: Path | None = None, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m <command>` until the end of the block."""
    with program(log, sys.executable, "-m", *command, cwd=cwd, **settings) as started:
        yield started


@contextmanager
def program(log: Path, *command: str, cwd: Path | None = None, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the end of the block."""
    with log.open("ab") as output:
        started = subprocess.Popen(
            command,
            cwd=cwd or HERE.parent,
            env=environment(**{"PYTHONPATH": f"{HERE.parent}:{HERE.parent / 'src'}", **settings}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        end(started)


def until_listening(started: subprocess.Popen[bytes], port: int, log: Path) -> Server:
    """Wait for a process to answer on its port."""
    deadline = time.monotonic() + WITHIN
    while not answers(port):
        if started.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{started.args} does not listen:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.02)
    return Server(started, port)


def end(started: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and see to it that nothing of it is left."""
    with suppress(ProcessLookupError):
        started.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        started.wait(15)
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def family(roots: Iterable[int]) -> list[psutil.Process]:
    """These processes and all that they started."""
    found = [psutil.Process(root) for root in roots]
    return [*found, *(member for one in found for member in one.children(recursive=True))]


def cpu_seconds(roots: Iterable[int]) -> float:
    """CPU time that processes and all that they started have used, also those that have ended since."""
    return sum(_of_each(roots, lambda member: sum(member.cpu_times()[:4])))


def megabytes(roots: Iterable[int]) -> float:
    """Memory of processes and all that they started; what several share is counted once (PSS)."""
    return sum(_of_each(roots, lambda member: member.memory_full_info().pss)) / 1e6


def postmaster(folder: Path) -> int:
    """The process id of the PostgreSQL server in a folder."""
    return int((folder / clusters.FOLDER / "postmaster.pid").read_text().split()[0])


def _of_each(roots: Iterable[int], measured: Callable[[psutil.Process], float]) -> Iterator[float]:
    for member in family(roots):
        with suppress(psutil.NoSuchProcess):
            yield measured(member)


def uvicorn(application: str) -> tuple[str, ...]:
    """The command that serves an ASGI application as its users do: uvloop, httptools; no line for each request."""
    return ("uvicorn", application, "--port", "{port}", "--no-access-log", "--log-level", "warning")


def gunicorn(application: str, threads: int = 4) -> tuple[str, ...]:
    """The command that serves a WSGI application from one process with threads, as Seam does by default."""
    options = ("--worker-class", "gthread", "--threads", str(threads), "--keep-alive", "75", "--log-level", "warning")
    return ("gunicorn", application, *options, "--bind", "127.0.0.1:{port}", "--no-control-socket")
