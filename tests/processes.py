"""Deployables as real processes: `manage.py serve` in a folder, on databases and a port of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from extraction.processes import runner, vendored
from seamline.development.embedded_postgres import EmbeddedPostgres
from tests.client import Client
from tests.departed import DEPARTED
from tests.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[1]
STOP_WITHIN = 15.0
"""Unhurried seconds in which a process that was asked to has to have ended."""
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings of a PostgreSQL server whose data nobody will miss."""
_KEPT = ("HOME", "LANG", "PATH", "TMPDIR")


class Deployable:
    """One folder's `manage.py serve`, its log in a file. May be started again, with other settings."""

    command: Sequence[str] = ("manage.py", "serve")

    def __init__(self, root: Path, log: Path, **settings: str) -> None:
        self.root = root
        self.log = log
        self.port = free_port()
        self.settings = on_its_runtime(root) | settings
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def client(self) -> Client:
        """An anonymous client."""
        return Client(self.url)

    def launch(self, **settings: str) -> Self:
        """Start without waiting. Settings given here are kept for later starts; an empty one unsets."""
        assert self.process is None, f"{self} runs already"
        self.settings |= settings
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=self.root,
                env=environment(**{"PORT": str(self.port), **self.settings}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def start(self, **settings: str) -> Self:
        """Start, and wait until it serves and every publisher has heard what its modules listen to."""
        return self.launch(**settings).until_ready().until_heard()

    def until_ready(self) -> Self:
        eventually(self._is_ready, bool)
        return self

    def until_heard(self) -> Self:
        eventually(self._unheard, lambda unheard: not unheard)
        return self

    def stop(self) -> None:
        """End it as a supervisor does, and check that it obeys: soon, and without complaint."""
        self.ask_to_stop()
        self.until_stopped()

    def ask_to_stop(self) -> None:
        self._running().send_signal(signal.SIGTERM)

    def until_stopped(self) -> None:
        process, self.process = self._running(), None
        try:
            status = eventually(process.poll, lambda status: status is not None, STOP_WITHIN)
        except AssertionError as late:
            _kill(process)
            late.add_note(f"{self} was asked to end\n{self.said()}")
            raise
        assert status == 0, f"{self} ended with {status}\n{self.said()}"

    def kill(self) -> None:
        """End it as a crash does: every process of it, at whatever instruction it is."""
        process, self.process = self._running(), None
        _kill(process)
        # Its workers are not our children: the port tells when the last of them is gone.
        eventually(lambda: answers(self.port), lambda anybody: not anybody)

    def close(self) -> None:
        """Leave nothing running, whatever happened."""
        if self.process:
            self.kill()

    def health(self) -> dict[str, Any]:
        health: dict[str, Any] = self.client.page("/health").expect(200)
        return health

    def said(self, lines: int = 40) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def __str__(self) -> str:
        return f"{self.log.stem} at {self.url}"

    def _running(self) -> subprocess.Popen[bytes]:
        assert self.process is not None, f"{self} does not run"
        return self.process

    def _is_ready(self) -> bool:
        process = self._running()
        assert process.poll() is None, f"{self} ended with {process.returncode}\n{self.said()}"
        return answers(self.port) and self.client.page("/health/ready").status == 200

    def _unheard(self) -> dict[str, list[str]]:
        modules = self.health()["modules"]
        unheard = {name: {*module["unheard_by"]} - self._unreachable() for name, module in modules.items()}
        return {name: sorted(publishers) for name, publishers in unheard.items() if publishers}

    def _unreachable(self) -> set[str]:
        """Modules that left this repository for good, and that it was not told an address of."""
        return {name for name in DEPARTED if not self.settings.get(f"{name.upper()}_URL")}


class Yard:
    """Where the deployables of a test run are made, all on one database server."""

    def __init__(self, database_url: str, logs: Path) -> None:
        self.database_url = database_url
        self.logs = logs
        self.deployables: list[Deployable] = []

    @contextmanager
    def deployable(self, name: str, root: Path = REPOSITORY, **settings: str) -> Iterator[Deployable]:
        """A deployable with databases of its own, not started yet; closed at the end of the block."""
        prefix = f"t{len(self.deployables)}_{name.replace('-', '_')}"
        server = {"DATABASE_URL": self.database_url, "DATABASE_PREFIX": prefix}
        deployable = Deployable(root, self.logs / f"{prefix}.log", **server, **settings)
        self.deployables.append(deployable)
        try:
            yield deployable
        finally:
            deployable.close()


@contextmanager
def yard(folder: Path) -> Iterator[Yard]:
    """A yard with a PostgreSQL server of its own, both below `folder`."""
    with EmbeddedPostgres(folder / "postgres", HASTE).running() as postgres:
        yield Yard(postgres.url, folder)


def environment(**settings: str) -> dict[str, str]:
    """What a child process finds in its environment: the settings that are not empty, and little else.

    All that is asked comes from one client, so that much is let through.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return (
        kept
        | {"LOG_READABLE": "false", "THROTTLE_FACTOR": "10000"}
        | {name: value for name, value in settings.items() if value}
    )


def on_its_runtime(root: Path) -> dict[str, str]:
    """Settings by which our Python finds the runtime that a service has in its `vendor/`."""
    return {"PYTHONPATH": runner.import_path(root)} if vendored.find_wheel(root) else {}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether anybody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
