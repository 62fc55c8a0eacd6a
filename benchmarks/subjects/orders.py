"""`POST /api/v1/orders` over HTTP, two products each, with every commit on the disk: eight customers at once.

What Seam does for an order and the others do not: it keeps the checkout's progress, so that an order survives a crash
between any two steps; it can give back what was held; it delivers two events, each exactly once, for points and a
notification (their CPU time is counted, until the last is handled); and it logs the request. The others do the same
checks of token and body, and commit four times, once in each database: the order accepted, the stock held, the payment
authorised, the order confirmed.
"""

from collections.abc import Iterator

from benchmarks import topologies
from benchmarks.harness import Compare, Experiment, Measure, Metric, Role
from benchmarks.lab import Lab
from benchmarks.load import load
from benchmarks.processes import cpu_seconds, megabytes
from benchmarks.topologies import Shop
from tests.topology.pairs import modules

SECONDS = 3.0

ORDERS = Experiment(
    "Placing an order",
    "CPU is that of all processes, PostgreSQL included and the load generator not. Memory is that of the servers "
    "without PostgreSQL. The monolith and plain Django are one process with four threads; Seam with six modules apart "
    "is seven such processes, which know each other's addresses; the FastAPI rivals are five processes with an event "
    "loop and a pool of eight connections each, so they can use both cores where the monolith cannot. Refused are "
    "answers 503: Seam's gateway lets a module hold three of its four threads and no more, and has the others wait a "
    "second at most.",
    (
        Metric("rate", "orders/s", more_is_better=True),
        Metric("CPU", "s per 1,000 orders"),
        Metric("p50", "ms", Compare.NOT),
        Metric("p99", "ms", Compare.NOT),
        Metric("refused", "%", Compare.NOT),
        Metric("memory", "MB", Compare.NOT),
    ),
)


@ORDERS.contender("monolith", Role.SEAM)
def monolith(lab: Lab) -> Iterator[Measure]:
    with topologies.monolith(lab) as shop:
        yield lambda: ordered(lab, shop)


@ORDERS.contender("all six modules extracted", Role.SEAM)
def all_apart(lab: Lab) -> Iterator[Measure]:
    with topologies.apart(lab, modules()) as shop:
        yield lambda: ordered(lab, shop)


@ORDERS.contender("one plain Django process, function calls", Role.LIMIT)
def plain_django(lab: Lab) -> Iterator[Measure]:
    with topologies.plain_django(lab) as shop:
        yield lambda: ordered(lab, shop)


@ORDERS.contender("the tutorial's way: FastAPI, httpx client per request, asyncpg")
def tutorial(lab: Lab) -> Iterator[Measure]:
    with topologies.fastapi(lab, "per-request") as shop:
        yield lambda: ordered(lab, shop)


@ORDERS.contender("FastAPI, shared httpx clients, asyncpg")
def fastapi_httpx(lab: Lab) -> Iterator[Measure]:
    with topologies.fastapi(lab, "httpx") as shop:
        yield lambda: ordered(lab, shop)


@ORDERS.contender("FastAPI, aiohttp, asyncpg")
def fastapi_aiohttp(lab: Lab) -> Iterator[Measure]:
    with topologies.fastapi(lab, "aiohttp") as shop:
        yield lambda: ordered(lab, shop)


def ordered(lab: Lab, shop: Shop) -> dict[str, float]:
    """Place orders for some seconds, until all that follows from them has happened."""
    everything = [*shop.processes, lab.postmaster]
    before = cpu_seconds(everything)
    came = load(shop.port, shop.order, 201, SECONDS)
    shop.settle()
    used = cpu_seconds(everything) - before
    return {
        "rate": came.rate,
        "p50": came.p50,
        "p99": came.p99,
        "refused": came.refused,
        "CPU": 1000 * used / came.answers,
        "memory": megabytes(shop.processes),
    }
