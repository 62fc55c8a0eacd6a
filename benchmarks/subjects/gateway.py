"""`GET /api/v1/stock/…` of an inventory that has left: asked of it directly, and through a gateway; one customer.

The path through a gateway is one more process and one more request; what it adds is what a customer waits longer
because a module moved.
"""

from collections.abc import Iterator

from benchmarks import topologies
from benchmarks.harness import Compare, Experiment, Measure, Metric, Role
from benchmarks.lab import Lab
from benchmarks.load import load, request
from benchmarks.processes import server, uvicorn

SECONDS = 1.5
GATEWAY = Experiment(
    "A moved module's endpoint",
    "Every contender has a service of its own behind it.",
    (Metric("rate", "requests/s", more_is_better=True), Metric("p50", "ms", Compare.DIFFERENCE)),
)


@GATEWAY.contender("through the monolith", Role.SEAM)
def through_the_monolith(lab: Lab) -> Iterator[Measure]:
    with topologies.apart(lab, ("inventory",)) as shop:
        yield lambda: asked(shop.port)


@GATEWAY.contender("the service itself", Role.LIMIT)
def direct(lab: Lab) -> Iterator[Measure]:
    with topologies.apart(lab, ("inventory",)) as shop:
        yield lambda: asked(shop.deployables["inventory"].port)


@GATEWAY.contender("through a FastAPI gateway, shared httpx client")
def through_fastapi(lab: Lab) -> Iterator[Measure]:
    with topologies.apart(lab, ("inventory",)) as shop:
        command = uvicorn("benchmarks.rivals.fastapi_gateway:application")
        with server(lab.path("gateway"), *command, UPSTREAM=shop.deployables["inventory"].url) as gateway:
            yield lambda: asked(gateway.port)


def asked(port: int) -> dict[str, float]:
    came = load(port, lambda: request("GET", "/api/v1/stock/BENCH-1"), 200, SECONDS, connections=1)
    return {"rate": came.rate, "p50": came.p50}
