"""A PostgreSQL server of the system's own, as Debian installs it: bare, and run by another user than root."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tools import require_tool


def as_superuser() -> list[str]:
    """Return what begins a command that is run as the system's user `postgres`; nothing where we are not root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []


@contextmanager
def bare_postgres(port: int = 0) -> Iterator[Path]:
    """Run one, and give the folder of its socket, where `postgres` is let in by name.

    With a `port` it listens on the loopback address too, where everybody needs a password, as in Debian.
    """
    programs = Path(require_tool("initdb")).parent
    place = Path(subprocess.check_output(["mktemp", "--directory", "/tmp/postgres.XXXXXX"], text=True).strip())
    if as_superuser():
        shutil.chown(place, "postgres")
    listen = f"-c listen_addresses=127.0.0.1 -c port={port}" if port else "-c listen_addresses=''"
    options = f"{listen} -c unix_socket_directories={place} -c fsync=off"

    def run(program: str, *arguments: str) -> None:
        command = [*as_superuser(), str(programs / program), "-D", str(place / "data"), *arguments]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    try:
        run("initdb", "--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8")
        run("pg_ctl", "-o", options, "-l", str(place / "log"), "-w", "start")
        yield place
    finally:
        if (place / "data" / "postmaster.pid").exists():
            run("pg_ctl", "-m", "immediate", "-w", "stop")
        shutil.rmtree(place)
