"""Message brokers and Celery workers as real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from tests.processes import Deployable, answers, environment, free_port
from tests.tools import require_tool
from tests.waiting import eventually


class Process:
    """A program that is started and ended by the test, its output in a file."""

    def __init__(
        self, command: list[str], log: Path, settings: Mapping[str, str] = {}, cwd: Path | None = None
    ) -> None:
        self.command, self.log, self.settings, self.cwd = command, log, settings, cwd
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=environment(**self.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def end(self, number: int = signal.SIGKILL) -> None:
        """End it with all that it started."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            self.process.wait()
            self.process = None


class Broker(Process):
    """A message broker on a port of its own."""

    url: str
    port: int

    def start(self) -> Self:
        super().start()
        eventually(lambda: answers(self.port), bool)
        return self


@contextmanager
def redis(folder: Path) -> Iterator[Broker]:
    """A Redis server that keeps nothing when it ends, not started yet."""
    program, port = require_tool("redis-server"), free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    broker = Broker([program, *options, "--dir", str(folder)], folder / "redis.log")
    broker.port, broker.url = port, f"redis://127.0.0.1:{port}/0"
    with _ended(broker):
        yield broker


@contextmanager
def rabbitmq(folder: Path) -> Iterator[Broker]:
    """A RabbitMQ server, not started yet."""
    program = require_tool("rabbitmq-server")
    port, names = free_port(), str(free_port())
    settings = {
        "RABBITMQ_NODENAME": f"seam{port}@localhost",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": names,
        "HOME": str(folder),
    }
    broker = Broker([program], folder / "rabbitmq.log", settings)
    broker.port, broker.url = port, f"amqp://guest:guest@127.0.0.1:{port}//"
    try:
        with _ended(broker):
            yield broker
    finally:
        # Erlang's port mapper is started by the node, and outlives it.
        command = ["epmd", "-port", names, "-kill"]
        eventually(lambda: subprocess.run(command, capture_output=True).returncode, lambda status: status == 0)


@contextmanager
def worker(deployable: Deployable, *options: str) -> Iterator[Process]:
    """A Celery worker of a deployable, not started yet."""
    log = deployable.log.with_suffix(".worker.log")
    process = Process([sys.executable, "manage.py", "worker", *options], log, deployable.settings, deployable.root)
    with _ended(process):
        yield process


@contextmanager
def _ended(process: Process) -> Iterator[None]:
    try:
        yield
    finally:
        process.end()
