"""What contenders are given to work with: a folder, PostgreSQL, and deployables of the repository as it stands."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import psycopg
from psycopg import sql

from benchmarks import processes
from seamline.development.embedded_postgres import EmbeddedPostgres
from tests.processes import REPOSITORY, Deployable

EXTRA = Path(__file__).parent / "extra"
"""Modules that exist only to be measured."""
PLACE = REPOSITORY / "var" / "bench"
_COPIED = (
    *("contracts", "distributions", "extraction", "requirements", "src"),
    *("Makefile", "deployable.mk", "importlinter.ini", "manage.py", "pyproject.toml"),
)


class Lab:
    """Things that are started when the first contender asks for them, and ended with the subject."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self.postmaster = 0
        """Process id of the PostgreSQL server, once there is one."""
        self._postgres: EmbeddedPostgres | None = None
        self._made: dict[str, int] = {}
        self._shared: dict[str, Any] = {}

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Self]:
        """A lab in a folder, cleared away at the end of the block."""
        with ExitStack() as stack:
            yield cls(folder, stack)

    @property
    def postgres(self) -> EmbeddedPostgres:
        """A server with the settings that `make run` has, what is committed is on the disk; for all contenders."""
        if not self._postgres:
            # Beside the repository's own databases, because what is in /tmp may be in memory.
            PLACE.mkdir(parents=True, exist_ok=True)
            place = Path(self._stack.enter_context(TemporaryDirectory(dir=PLACE, prefix="postgres-")))
            server = EmbeddedPostgres(place, {"max_connections": "800"})
            self._postgres = self._stack.enter_context(server.running())
            self.postmaster = processes.postmaster(place)
        return self._postgres

    def shared(self, name: str, start: Callable[[], AbstractContextManager[Any]]) -> Any:
        """What several contenders use: started for the first of them, and ended with the subject."""
        if name not in self._shared:
            self._shared[name] = self._stack.enter_context(start())
        return self._shared[name]

    def path(self, name: str) -> Path:
        """A path in the lab that nothing else has."""
        number = self._made[name] = self._made.get(name, 0) + 1
        return self.folder / f"{name}-{number}"

    @contextmanager
    def deployable(self, name: str, root: Path = REPOSITORY, **settings: str) -> Iterator[Deployable]:
        """A deployable with databases of its own, not started yet."""
        log = self.path(name)
        database = {"DATABASE_URL": self.postgres.url, "DATABASE_PREFIX": log.name.replace("-", "_")}
        deployable = Deployable(root, log.with_suffix(".log"), **database, **settings)
        try:
            yield deployable
            if deployable.process:
                deployable.stop()
        finally:
            deployable.close()

    def database(self, name: str, schema: str = "") -> str:
        """The address of a new, empty database, with `schema` executed in it."""
        made = self.path(name).name.replace("-", "_")
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(made)))
        url = self.postgres.url.replace("/postgres?", f"/{made}?")
        if schema:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(schema)
        return url

    def database_of(self, deployable: Deployable, module: str) -> str:
        """The address of a module's database, for the superuser."""
        name = f"{deployable.settings['DATABASE_PREFIX']}_{module}"
        return self.postgres.url.replace("/postgres?", f"/{name}?")

    def with_extra_modules(self) -> Path:
        """A copy of the repository with the modules in `extra/` added, as anybody adds one: by its folder."""
        return copied(self.path("copy"), EXTRA)


def copied(into: Path, *overlays: Path) -> Path:
    """A copy of what of the repository runs, with other folders' files put over it."""
    ignored = shutil.ignore_patterns("__pycache__", "tests", ".*_cache")
    for name in _COPIED:
        source = REPOSITORY / name
        into.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, into / name, ignore=ignored)
        else:
            shutil.copy2(source, into / name)
    for overlay in overlays:
        shutil.copytree(overlay, into, ignore=ignored, dirs_exist_ok=True)
    return into
