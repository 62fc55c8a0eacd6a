"""From `manage.py serve`, which is what `make run` runs, to the first page of products answered.

Cold: no database server, no databases and no compiled code of the repository's own, as after a clone; what is
installed is compiled. Warm: a second start in the same place.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.harness import Experiment, Measure, Metric, Role
from benchmarks.lab import PLACE, Lab, copied
from seamline.development.embedded_postgres import EmbeddedPostgres
from tests.processes import Deployable

START = Experiment(
    "To the first answer",
    "The limit is PostgreSQL alone: a new cluster and its server when cold, the server when warm. Above it Seam makes "
    "and migrates seven databases and loads the example data.",
    (Metric("cold", "s"), Metric("warm", "s")),
    rounds=3,
)


@START.contender("manage.py serve", Role.SEAM)
def serve(lab: Lab) -> Iterator[Measure]:
    def measure() -> dict[str, float]:
        with TemporaryDirectory(dir=PLACE) as folder:
            root, log = copied(Path(folder) / "repository"), lab.path("log")
            return {"cold": started(Deployable(root, log)), "warm": started(Deployable(root, log))}

    yield measure


@START.contender("PostgreSQL alone", Role.LIMIT)
def postgres_alone(lab: Lab) -> Iterator[Measure]:
    def measure() -> dict[str, float]:
        with TemporaryDirectory(dir=PLACE) as folder:
            return {"cold": ran(EmbeddedPostgres(Path(folder))), "warm": ran(EmbeddedPostgres(Path(folder)))}

    yield measure


def started(deployable: Deployable) -> float:
    """Seconds until it answered; it is stopped then."""
    begun = time.perf_counter()
    try:
        deployable.launch().until_ready()
        deployable.client.get("/products").expect(200)
        took = time.perf_counter() - begun
        deployable.stop()
        return took
    finally:
        deployable.close()


def ran(server: EmbeddedPostgres) -> float:
    begun = time.perf_counter()
    with server.running():
        return time.perf_counter() - begun
