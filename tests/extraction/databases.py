"""Two databases with the tables of one module, for tests that copy from one to the other."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import psycopg
from click.testing import CliRunner
from psycopg import sql

from extraction.cli import main
from tests.processes import REPOSITORY, environment

MODULE = "orders"
"""Any module will do: what is copied is what is in the database."""
MIGRATED = """
    CREATE TABLE django_migrations (id serial PRIMARY KEY, app text, name text, applied timestamptz DEFAULT now());
    INSERT INTO django_migrations (app, name) VALUES ('orders', '0001_initial'), ('seamline', '0001_initial');
"""
_numbers = count()


@dataclass
class Two:
    """A source and a target."""

    source: str
    target: str
    output: str = field(default="", init=False)

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """`python -m extraction data …` as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "extraction", *self._completed(arguments)],
            cwd=REPOSITORY,
            env=environment(PYTHONPATH=".:src", COLUMNS="200"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *arguments: str) -> int:
        """The exit status of `python -m extraction data …`; what it said is in `output`."""
        done = CliRunner().invoke(main, self._completed(arguments))
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        self.output = done.output
        return done.exit_code

    def _completed(self, arguments: tuple[str, ...]) -> list[str]:
        places = ("--from", self.source, "--to", self.target, "--root", str(REPOSITORY))
        return ["data", *arguments, MODULE, *places]

    def copied(self, *arguments: str) -> None:
        assert self.run("copy", *arguments) == 0, self.output

    def same(self) -> None:
        assert self.run("verify") == 0, self.output


@contextmanager
def two(server: str, schema: str) -> Iterator[Two]:
    """Two databases with the same tables, gone at the end of the block."""
    number = next(_numbers)
    with (
        database(server, f"source_{os.getpid()}_{number}", schema) as source,
        database(server, f"target_{os.getpid()}_{number}", schema) as target,
    ):
        yield Two(source, target)


@contextmanager
def database(server: str, name: str, schema: str) -> Iterator[str]:
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = server.replace("/postgres?", f"/{name}?")
        try:
            execute(url, MIGRATED + schema)
            yield url
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def execute(url: str, statement: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(statement)
        return found.fetchall() if found.description else []
