"""What modules cost that nobody asks anything: threads, connections and processor time of a deployable at rest.

Monoliths made of copies of this repository's `catalog`, one process each, measured from a minute after the start on.
Nobody sends a request or a probe.
"""

import time
from collections.abc import Iterator
from http import HTTPStatus

import psutil
import psycopg

from benchmarks import generated
from benchmarks.harness import Compare, Experiment, Measure, Metric, Role
from benchmarks.lab import Lab
from benchmarks.processes import cpu_seconds, family
from tests.processes import Deployable, answers
from tests.waiting import eventually

SETTLE_SECONDS = 60
"""Until what happens seldom happens as seldom as it will."""
MEASURED_SECONDS = 60
STARTS_WITHIN = 600.0
"""Seconds for making and migrating a database for each module."""
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE %s"

IDLE = Experiment(
    "At rest, by number of modules",
    "Threads of the process that serves, connections to PostgreSQL (the most at any second), and shares of one core: "
    "of the whole deployable, of PostgreSQL, and of PostgreSQL with the same databases when the deployable has ended: "
    "it looks itself whether there is anything to clean up. Before there was one scheduler per process, each module "
    "had a thread that watched its outbox and one that watched its jobs, with a connection each.",
    (
        Metric("threads", "", Compare.NOT),
        Metric("connections", "", Compare.NOT),
        Metric("process", "% of a core", Compare.NOT),
        Metric("PostgreSQL", "% of a core", Compare.NOT),
        Metric("PostgreSQL alone", "% of a core", Compare.NOT),
    ),
    rounds=1,
    warmed=False,
)


@IDLE.contender("40 modules", Role.SEAM)
def forty(lab: Lab) -> Iterator[Measure]:
    yield lambda: at_rest(lab, 40)


@IDLE.contender("100 modules", Role.SEAM)
def hundred(lab: Lab) -> Iterator[Measure]:
    yield lambda: at_rest(lab, 100)


@IDLE.contender("40 modules with two threads each, as measured before", Role.LIMIT)
def before(lab: Lab) -> Iterator[Measure]:
    yield lambda: {"threads": 82, "connections": 80, "process": 4.9, "PostgreSQL": 2.7}


def at_rest(lab: Lab, modules: int) -> dict[str, float]:
    """Start so many modules, leave them alone, and look what they take."""
    with lab.deployable("idle", generated.monolith(lab.path("modules"), modules)) as deployable:
        deployable.launch()
        eventually(lambda: serves(deployable), bool, STARTS_WITHIN)
        time.sleep(SETTLE_SECONDS)
        found = taken(lab, deployable)
        deployable.stop()
        return found | {"PostgreSQL alone": alone(lab)}


def alone(lab: Lab) -> float:
    """Measure the server when nobody is connected."""
    begun, used = time.monotonic(), cpu_seconds([lab.postmaster])
    time.sleep(MEASURED_SECONDS)
    return 100 * (cpu_seconds([lab.postmaster]) - used) / (time.monotonic() - begun)


def serves(deployable: Deployable) -> bool:
    """Whether it does; only asked what needs no database."""
    if deployable.process and deployable.process.poll() is not None:
        raise RuntimeError(deployable.said())
    return answers(deployable.port) and deployable.client.page("/health/live").status == HTTPStatus.OK


def taken(lab: Lab, deployable: Deployable) -> dict[str, float]:
    """Measure a deployable and its server for a while."""
    process, server = [deployable.process.pid if deployable.process else 0], [lab.postmaster]
    begun, of_process, of_server = time.monotonic(), cpu_seconds(process), cpu_seconds(server)
    prefix, connections = f"{deployable.settings['DATABASE_PREFIX']}_%", 0
    with psycopg.connect(lab.postgres.url, autocommit=True) as administrator:
        while time.monotonic() < begun + MEASURED_SECONDS:
            time.sleep(1)
            connections = max(connections, *(administrator.execute(_CONNECTIONS, [prefix]).fetchone() or ()))
    hundredth = (time.monotonic() - begun) / 100
    return {
        "threads": max(psutil.Process(member.pid).num_threads() for member in family(process)),
        "connections": connections,
        "process": (cpu_seconds(process) - of_process) / hundredth,
        "PostgreSQL": (cpu_seconds(server) - of_server) / hundredth,
    }
