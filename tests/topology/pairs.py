"""A monolith, and a service extracted from it: two deployables that together are the shop."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Self
from uuid import UUID

import psycopg
from prometheus_client.parser import text_string_to_metric_families
from psycopg import sql

from tests.client import API
from tests.departed import PROJECT
from tests.processes import REPOSITORY, Deployable, Yard, environment
from tests.shop import Shop
from tests.waiting import eventually

ServiceOf = Callable[[str], Path]
"""Gives the folder of a module's service."""
_TABLES = """
    SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename NOT LIKE 'seamline\\_%' AND tablename <> 'django_migrations'
"""


def modules() -> list[str]:
    """The modules of this repository whose code is here."""
    return list(PROJECT.modules)


@dataclass
class Pair:
    """The monolith without one module, and that module's service."""

    module: str
    monolith: Deployable
    service: Deployable

    def up(self) -> Self:
        """Have both running, as the two settings make them."""
        for deployable, settings in (
            (self.service, {"GATEWAY_URL": self.monolith.url}),
            (self.monolith, {f"{self.module.upper()}_URL": self.service.url}),
        ):
            if not deployable.process:
                deployable.launch(**settings)
        for deployable in (self.service, self.monolith):
            deployable.until_ready()
        for deployable in (self.service, self.monolith):
            deployable.until_heard()
        # Who failed to reach the service of late leaves it alone for a moment.
        eventually(self._status_of_the_module, lambda status: status != HTTPStatus.SERVICE_UNAVAILABLE)
        return self

    def _status_of_the_module(self) -> int:
        """What the monolith answers to a stranger at an address of the module's."""
        paths = self.monolith.client.page("/api/schema?format=json").expect(200)["paths"]
        of_module = (path for path, item in paths.items() if self.module in item.get("get", {}).get("tags", ()))
        address = re.sub(r"\{\w+\}", str(UUID(int=0)), next(of_module))
        return self.monolith.client.page(address).status

    def alone(self) -> Deployable:
        """The monolith, without a service to help it."""
        running = [deployable for deployable in (self.monolith, self.service) if deployable.process]
        for deployable in running:
            deployable.ask_to_stop()
        for deployable in running:
            deployable.until_stopped()
        return self.monolith.start(**{f"{self.module.upper()}_URL": ""})

    @property
    def shop(self) -> Shop:
        return Shop(self.monolith.client)


@contextmanager
def pair(yard: Yard, module: str, folder: Path) -> Iterator[Pair]:
    """A module's service in `folder`, with the monolith it leaves; not started yet."""
    with (
        yard.deployable(f"{module}_monolith") as monolith,
        yard.deployable(f"{module}_service", folder) as service,
    ):
        yield Pair(module, monolith, service)


def extract(module: str, into: Path) -> Path:
    """Promote a module to a service, as `make extract` does; it is started by whoever asked for it."""
    command = [sys.executable, "-m", "extraction", "extract", module, "--into", str(into), "--no-verify"]
    python_path = os.pathsep.join(str(REPOSITORY / folder) for folder in ("", "src"))
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment(PYTHONPATH=python_path), capture_output=True, text=True
    )
    assert done.returncode == 0, f"{' '.join(command)} → {done.returncode}\n{done.stdout}{done.stderr}"
    return into


def requests_answered(deployable: Deployable) -> int:
    """How many requests to the API it has answered since it started."""
    metrics = deployable.client.page("/metrics").text
    return sum(
        int(sample.value)
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == "http_request_seconds_count" and sample.labels["route"].startswith(API)
    )


def calls_answered(deployable: Deployable) -> int:
    """How many contract calls from other deployables it has answered, ever."""
    return deployable.log.read_text().count('"contract_call"')


def rows_of(deployable: Deployable, module: str) -> dict[str, int]:
    """How many rows the module's own tables have in a deployable's database, where there are any."""
    name = f"{deployable.settings['DATABASE_PREFIX']}_{module}"
    with psycopg.connect(deployable.settings["DATABASE_URL"], dbname=name) as connection:
        tables = [table for (table,) in connection.execute(_TABLES)]
        counts = {table: _count(connection, table) for table in tables}
    return {table: rows for table, rows in counts.items() if rows}


def _count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert row
    return int(row[0])
