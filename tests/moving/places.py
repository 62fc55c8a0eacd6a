"""A monolith and a service of one of its modules, both on the module's one database, and the command that moves it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.moving import load
from tests.processes import REPOSITORY, Deployable, Yard, environment
from tests.shop import Shop

WRITERS = "SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT rolsuper AND has_table_privilege(oid, %s, 'INSERT')"
PASSWORD = "service-secret"


@dataclass
class Places:
    """Where a module is, and where it may go."""

    module: str
    monolith: Deployable
    service: Deployable

    @property
    def shop(self) -> Shop:
        return Shop(self.monolith.client)

    @property
    def url(self) -> str:
        """The module's database, as the server's administrator opens it."""
        return _database(self.monolith, self.module)

    def begin(self, *arguments: str, tool: Path = REPOSITORY) -> "subprocess.Popen[str]":
        """`python -m extraction move …` for the monolith."""
        path = os.pathsep.join(map(str, (tool, REPOSITORY, REPOSITORY / "src")))
        return subprocess.Popen(
            [sys.executable, "-m", "extraction", "move", self.module, *arguments, "--root", str(REPOSITORY)],
            cwd=tool,
            env=environment(**self.monolith.settings, PORT=str(self.monolith.port), PYTHONPATH=path, COLUMNS="200"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def move(self, *arguments: str, status: int = 0, tool: Path = REPOSITORY) -> str:
        """Run it, and return all that it said, after checking the exit status."""
        process = self.begin(*arguments, tool=tool)
        said, complained = process.communicate()
        assert process.returncode == status, said + complained
        return said + complained

    def killed_at_each_step(self, table: str, *arguments: str, without: str = "never") -> list[str]:
        """Run a move until it ends by itself, each time killed at the first step that it had not come to before.

        All the time one may write to `table`; at the step that begins with `without`, and in between, nobody need.
        """
        steps: list[str] = []
        while True:
            process = self.begin(*arguments)
            assert process.stderr and process.stdout
            for line in process.stderr:
                step = line.strip().partition(",")[0]
                if step not in steps and not step.startswith(("passed", "comparing both", "the same")):
                    steps.append(step)
                    process.send_signal(signal.SIGKILL)
                    break
            if process.wait() == 0:
                return steps
            assert process.returncode == -signal.SIGKILL, process.stderr.read()
            row, writers = self.row(), self.writers(table)
            if row and row[2] not in ("", "copying"):  # until then the service is let in to what has no rows yet
                assert writers == 1 or (writers == 0 and steps[-1].startswith(without)), steps

    def manage(self, *arguments: str, status: int = 0, **settings: str) -> str:
        """Run `manage.py …` in the monolith's folder, and return all that it said, after checking the exit status."""
        return manage(self.monolith, *arguments, status=status, **settings)

    def go(self) -> str:
        return self.move("--to", str(self.service.root))

    def back(self) -> str:
        return self.move("--back", *(("--to", str(self.service.root)) if self.is_apart else ()))

    @property
    def is_apart(self) -> bool:
        """Whether the service has a server of its own."""
        return self.service.settings["DATABASE_URL"] != self.monolith.settings["DATABASE_URL"]

    @property
    def urls(self) -> list[str]:
        """The module's databases, as their servers' administrators open them."""
        return [self.url, *([_database(self.service, self.module)] if self.is_apart else [])]

    @property
    def databases(self) -> int:
        """How many of its databases there are."""
        return sum(_is_there(url) for url in self.urls)

    def watch(self) -> None:
        """Have every transaction looked at that writes to the module's tables."""
        if self.is_apart:
            manage(self.service, "migrate_all")
        for url, side in zip(self.urls, (self.monolith, self.service), strict=False):
            load.watch(url, f"{side.settings['DATABASE_PREFIX']}_{self.module}")

    def strangers(self) -> int:
        """Count what was written by who was not the owner when it was committed."""
        return sum(load.strangers(url) for url in self.urls)

    def writers(self, table: str) -> int:
        """Count the logins that may write to a table."""
        found = 0
        for url in self.urls:
            with psycopg.connect(url) as connection:
                found += len(connection.execute(WRITERS, [table]).fetchall())
        return found

    def row(self) -> tuple[int, str, str] | None:
        """Epoch, owner and step, by the later of the rows."""
        query = "SELECT epoch, owner, step FROM seamline_ownership WHERE module = %s"
        found = []
        for url in self.urls:
            with psycopg.connect(url) as connection:
                found += connection.execute(query, [self.module]).fetchall()
        return max(found, default=None)


def manage(deployable: Deployable, *arguments: str, status: int = 0, **settings: str) -> str:
    """Run `manage.py …` in a deployable's folder, and return all that it said, after checking the exit status."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=deployable.root,
        env=environment(**deployable.settings, **settings),
        capture_output=True,
        text=True,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@contextmanager
def places(yard: Yard, module: str, folder: Path, other: Yard | None = None, **settings: str) -> Iterator[Places]:
    """Both of them, not started; `folder` is the service's, which may have the server of an `other` yard."""
    with (
        yard.deployable(f"{module}_home", **settings) as monolith,
        (other or yard).deployable(f"{module}_there", folder, **settings) as service,
    ):
        made = Places(module, monolith, service)
        if not other:
            role = f"{service.settings['DATABASE_PREFIX']}_svc"
            service.settings[f"{module.upper()}_DATABASE_URL"] = made.url.replace("postgres@", f"{role}:{PASSWORD}@")
        service.settings |= {"GATEWAY_URL": monolith.url, "PORT": str(service.port)}
        lines = [f"{name}={value}" for name, value in service.settings.items() if name != "PYTHONPATH"]
        (folder / ".env").write_text("\n".join(lines) + "\n")
        yield made


def _database(deployable: Deployable, module: str) -> str:
    url, prefix = deployable.settings["DATABASE_URL"], deployable.settings["DATABASE_PREFIX"]
    return url.replace("/postgres?", f"/{prefix}_{module}?")


def _is_there(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
