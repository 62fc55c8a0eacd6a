"""A monolith and a service of one of its modules, both on the module's one database, and the command that moves it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.processes import REPOSITORY, Deployable, Yard, environment
from tests.shop import Shop

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
        url, prefix = self.monolith.settings["DATABASE_URL"], self.monolith.settings["DATABASE_PREFIX"]
        return url.replace("/postgres?", f"/{prefix}_{self.module}?")

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

    def manage(self, *arguments: str, status: int = 0, **settings: str) -> str:
        """Run `manage.py …` in the monolith's folder, and return all that it said, after checking the exit status."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=environment(**self.monolith.settings, **settings),
            capture_output=True,
            text=True,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def go(self) -> str:
        return self.move("--to", str(self.service.root))

    def back(self) -> str:
        return self.move("--back")

    def row(self) -> tuple[int, str, str] | None:
        """Epoch, owner and step."""
        query = "SELECT epoch, owner, step FROM seamline_ownership WHERE module = %s"
        with psycopg.connect(self.url) as connection:
            return connection.execute(query, [self.module]).fetchone()


@contextmanager
def places(yard: Yard, module: str, folder: Path, **settings: str) -> Iterator[Places]:
    """Both of them, not started; `folder` is the service's."""
    with (
        yard.deployable(f"{module}_home", **settings) as monolith,
        yard.deployable(f"{module}_there", folder, **settings) as service,
    ):
        made = Places(module, monolith, service)
        role = f"{service.settings['DATABASE_PREFIX']}_svc"
        own = made.url.replace("postgres@", f"{role}:{PASSWORD}@")
        service.settings |= {
            f"{module.upper()}_DATABASE_URL": own,
            "GATEWAY_URL": monolith.url,
            "PORT": str(service.port),
        }
        lines = [f"{name}={value}" for name, value in service.settings.items() if name != "PYTHONPATH"]
        (folder / ".env").write_text("\n".join(lines) + "\n")
        yield made
