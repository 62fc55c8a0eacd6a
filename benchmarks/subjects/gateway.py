"""`GET /api/v1/stock/…` of an inventory that has left: asked of it directly, and through a gateway; one customer.

The path through a gateway is one more process and one more request; what it adds is what a customer waits longer
because a module moved. nginx is compared with where it is installed, and left out elsewhere.
"""

from collections.abc import Iterator

from benchmarks import topologies
from benchmarks.harness import Compare, Experiment, Measure, Metric, Role
from benchmarks.lab import Lab
from benchmarks.load import load, request
from benchmarks.processes import server, uvicorn
from benchmarks.rivals.nginx_gateway import nginx
from tests.processes import Deployable

SECONDS = 1.5
GATEWAY = Experiment(
    "A moved module's endpoint",
    "All lead to the same service. The monolith and FastAPI decide in Python where a request goes; nginx is compiled, "
    "has one worker process, and is told so beforehand.",
    (
        Metric("rate", "requests/s", more_is_better=True),
        Metric("p50", "ms", Compare.DIFFERENCE),
        Metric("p99", "ms", Compare.DIFFERENCE),
    ),
)


@GATEWAY.contender("through the monolith", Role.SEAM)
def through_the_monolith(lab: Lab) -> Iterator[Measure]:
    port = shop(lab).port
    yield lambda: asked(port)


@GATEWAY.contender("the service itself", Role.LIMIT)
def direct(lab: Lab) -> Iterator[Measure]:
    port = service(lab).port
    yield lambda: asked(port)


@GATEWAY.contender("through nginx")
def through_nginx(lab: Lab) -> Iterator[Measure]:
    with nginx(lab.path("nginx"), service(lab).port) as gateway:
        yield lambda: asked(gateway.port)


@GATEWAY.contender("through a FastAPI gateway, shared httpx client")
def through_fastapi(lab: Lab) -> Iterator[Measure]:
    command = uvicorn("benchmarks.rivals.fastapi_gateway:application")
    with server(lab.path("gateway"), *command, UPSTREAM=service(lab).url) as gateway:
        yield lambda: asked(gateway.port)


def shop(lab: Lab) -> topologies.Shop:
    """A monolith whose inventory has left."""
    found: topologies.Shop = lab.shared("shop", lambda: topologies.apart(lab, ("inventory",)))
    return found


def service(lab: Lab) -> Deployable:
    """The inventory that has left it."""
    return shop(lab).deployables["inventory"]


def asked(port: int) -> dict[str, float]:
    came = load(port, lambda: request("GET", "/api/v1/stock/BENCH-1"), 200, SECONDS, connections=1)
    return {"rate": came.rate, "p50": came.p50, "p99": came.p99}
