"""The environment of an examination: databases of its own, the service on them, the monolith beside it, and nothing
of it stays.

The monolith's own process (`reference`) prepares the data. Then it is copied, for the service and for the monolith that
is its gateway, so that all three begin with the same.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from select import select
from typing import IO, Any, Self, TypeVar, cast
from urllib.parse import urlsplit

import msgspec
import psycopg
from psycopg import sql

from extraction.conformance.report import Report, ServiceAddress
from extraction.processes import boot, runner, vendored
from extraction.processes.errors import Refused
from extraction.processes.runner import HOME
from extraction.reading.project import Project
from seamline.development.embedded_postgres import EmbeddedPostgresError
from seamline.layout import DEPLOYABLE

PREFIX, PRISTINE = "monolith", "pristine"
"""Of the databases that the monolith's process uses, and of copies of them as they were prepared."""
TESTS = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
PREPARE_TIMEOUT_SECONDS = 300.0
EXAMINE_TIMEOUT_SECONDS = 1800.0
TESTS_TIMEOUT_SECONDS = 1800.0
"""Seconds."""
UNSET = {
    *("CELERY_BROKER_URL", "CONTRACTS_PORT", "GATEWAY_URL", "JWT_PRIVATE_KEY", "JWT_PUBLIC_KEYS", "MODULES"),
    *("SERVICE_CALLERS", "SERVICE_KEYS", "SERVICE_KEYS_MODE", "SERVICE_NAME", "SERVICE_PEERS"),
    *("PERSONAL_DATA_ENCRYPTED", "PERSONAL_DATA_KEYS", "SERVICE_PRIVATE_KEY", "SERVICE_PRIVATE_KEY_FILE"),
}
SETTINGS = {
    "ALLOWED_HOSTS": "*",
    "ENVIRONMENT": "development",
    "HOST": boot.HOST,
    "LOG_LEVEL": "WARNING",
    "LOG_READABLE": "false",
    "SECRET_KEY": token_hex(32),
    "THROTTLE_FACTOR": "10000",
    "WEB_WORKERS": "1",
}
Step = Callable[[str], None]
T = TypeVar("T")


class Environment:
    """A monolith, a service that one of its modules became, and the place where they meet."""

    def __init__(self, project: Project, service: Project, module: str, server: boot.Server) -> None:
        self._project, self._service, self._module = project, service, module
        self._folder, self._server, self._prefix = server
        self._unset = _unset(project, service)
        self._is_used = False

    @contextmanager
    def prepare(self) -> Iterator[Self]:
        """With the monolith's process and its data. Raises `Refused` where there is none to be had."""
        settings = self._environment("reference")
        with _start_reference(self._project.root, self._module, self._folder, settings) as self._reference:
            self._passwords = self._reference.hear(dict[str, str], PREPARE_TIMEOUT_SECONDS)
            yield self

    def examine(self, step: Step) -> Report:
        """Start the service as it is now, ask it and the module the same, and compare.

        Raises `Refused` where it does not start.
        """
        self._begin_again()
        step("starting the service, and the monolith beside it" if self._calls else "starting the service")
        with self._serving() as found:
            step("asking it and the module the same")
            self._reference.say(msgspec.json.encode(found).decode())
            return self._reference.hear(Report, EXAMINE_TIMEOUT_SECONDS)

    def test(self, *arguments: str) -> str | None:
        """Run the service's own tests, or those that the arguments name; what they said, if they failed."""
        settings = self._unset | {"DATABASE_URL": self._server}
        try:
            runner.run(
                self._service.root,
                "its own tests fail",
                *(*TESTS, *arguments),
                timeout=TESTS_TIMEOUT_SECONDS,
                settings=settings,
            )
        except Refused as refused:
            return str(refused)
        return None

    @contextmanager
    def _serving(self) -> Iterator[ServiceAddress]:
        """The service, and the monolith as its gateway where it calls others."""
        ports = {"service": boot.free_port(), "gateway": boot.free_port()}
        service, gateway = (f"http://{boot.HOST}:{port}" for port in ports.values())
        folders = {"service": self._service.root}
        routes = {"service": {"GATEWAY_URL": gateway}, "gateway": {f"{self._module.upper()}_URL": service}}
        if self._calls:
            folders["gateway"] = self._project.root
        with ExitStack() as stack:
            running, addresses = {}, {}
            for name, folder in folders.items():
                aliases = self._passwords if name == "gateway" else (DEPLOYABLE, self._module)
                databases = {f"{alias.upper()}_DATABASE_URL": self._copy_database(alias, name) for alias in aliases}
                addresses[name] = databases[f"{self._module.upper()}_DATABASE_URL"]
                settings = self._environment(name) | databases | routes[name] | {"PORT": str(ports[name])}
                running[name] = stack.enter_context(boot.serve(folder, self._log(name), settings))
            for name, process in running.items():
                with _saying_who(name):
                    boot.wait_until_ready(process, ports[name], self._log(name))
            yield ServiceAddress(service, addresses["service"])

    @property
    def _calls(self) -> bool:
        """Whether the module calls others, for which the service needs a gateway."""
        return bool(self._project.manifests[self._module].calls)

    def _begin_again(self) -> None:
        """Have every examination find the data as it was prepared, and not as the one before has left it."""
        source, target = (PRISTINE, PREFIX) if self._is_used else (PREFIX, PRISTINE)
        for alias in self._passwords:
            self._copy(alias, source, target)
        self._is_used = True

    def _copy_database(self, alias: str, copy: str) -> str:
        """Address of a copy of one of the monolith's databases, whose role owns it as it does the original."""
        self._copy(alias, PREFIX, copy)
        address = urlsplit(self._server)
        login, host = f"{self._name(PREFIX, alias)}:{self._passwords[alias]}", address.netloc.rpartition("@")[2]
        return address._replace(netloc=f"{login}@{host}", path=f"/{self._name(copy, alias)}").geturl()

    def _copy(self, alias: str, source: str, target: str) -> None:
        made = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY")
        names = [sql.Identifier(self._name(prefix, alias)) for prefix in (target, PREFIX, source)]
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(names[0]))
            connection.execute(made.format(*names))

    def _name(self, prefix: str, alias: str) -> str:
        """Name of a database and of the role that owns it."""
        return f"{self._prefix}{prefix}_{alias}"

    def _environment(self, name: str) -> dict[str, str]:
        files, original = self._folder / name, self._folder / "reference"
        if original.exists() and not files.exists():
            shutil.copytree(original, files)
        prefix = f"{self._prefix}{PREFIX if files == original else name}"
        own = {"DATABASE_URL": self._server, "DATABASE_PREFIX": prefix, "MEDIA_ROOT": str(files)}
        return self._unset | SETTINGS | own

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"


@contextmanager
def set_up(
    project: Project, service: Project, module: str, step: Step, given: str | None = None
) -> Iterator[Environment]:
    """Set up an environment, on the given server or one of its own. Raises `Refused` where there is none to be had."""
    step("trying it on the PostgreSQL server that is set" if given else "starting a PostgreSQL server for it")
    try:
        # Nothing is to hold a database that is copied, and rows stay in the order in which they were written.
        with boot.server(given, autovacuum="off") as server:
            step("preparing the data in the monolith")
            with Environment(project, service, module, server).prepare() as made:
                yield made
    except EmbeddedPostgresError as error:
        raise Refused(f"it could not be started: {error}") from None


class _Reference:
    """The monolith's process that has the module, spoken with in lines."""

    def __init__(self, process: subprocess.Popen[bytes], command: Sequence[str], log: Path) -> None:
        self._ear, self._mouth = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        self._command, self._log = command, log

    def say(self, line: str) -> None:
        """Tell it something."""
        self._ear.write(f"{line}\n".encode())
        self._ear.flush()

    def hear(self, kind: type[T], within: float) -> T:
        """What it says next. Raises `Refused` with the end of its log where it ended instead, or says nothing."""
        # A line is said at once, so that none has come by half.
        if not select([self._mouth], [], [], within)[0]:
            what = f"(python {' '.join(self._command)}) said nothing within {within:g} seconds"
            raise Refused(f"the monolith's process {what}; see what it waits for:\n{boot.tail(self._log)}")
        line = self._mouth.readline()
        if not line:
            raise Refused(f"the monolith does not get as far as asking:\n{boot.tail(self._log)}")
        return msgspec.json.decode(line, type=kind)


@contextmanager
def _start_reference(root: Path, module: str, folder: Path, settings: dict[str, str]) -> Iterator[_Reference]:
    runtime = [path] if (path := vendored.runtime_path(root)) else []
    paths = os.pathsep.join(map(str, (*runtime, root, root / "src", HOME)))
    own = {"DJANGO_SETTINGS_MODULE": "config.settings", "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}
    settings = settings | own | {"PYTHONPATH": paths}
    command = ("-m", "extraction.conformance", module)
    with (folder / "reference.log").open("wb") as log:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log}
        with runner.start(root, *command, settings=settings, python=sys.executable, **pipes) as process:
            yield _Reference(process, command, folder / "reference.log")


@contextmanager
def _saying_who(name: str) -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise Refused(f"the {name}: {refused}") from None


def _unset(project: Project, service: Project) -> dict[str, str]:
    """Settings that the folders' own `.env` may have, and that would bring in somebody else's things."""
    modules = {name.upper() for name in (*project.folders, *service.folders, DEPLOYABLE)}
    found = {f"{name}{suffix}" for name in modules for suffix in ("_URL", "_DATABASE_URL")}
    for manifest in (*project.manifests.values(), *service.manifests.values()):
        found |= {f"{manifest.name}_{setting.name}".upper() for setting in manifest.settings}
    return dict.fromkeys(sorted(found | UNSET), "")
