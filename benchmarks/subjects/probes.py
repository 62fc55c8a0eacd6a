"""How long a probe takes while others hold connections that send nothing, or half of a request."""

import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.harness import Experiment, Measure, Metric, Role
from benchmarks.lab import Lab
from benchmarks.load import request
from benchmarks.topologies import monolith

SILENT, HALF_SENT, PROBES = 200, 50, 50
HALF = b"POST /api/v1/orders HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\n{"

PROBE = Experiment(
    "A probe beside those who say nothing",
    f"`GET /health/live` on a connection of its own, with {SILENT} silent and {HALF_SENT} half-sent connections held, "
    "and alone, which is the limit.",
    (Metric("median", "ms"),),
)


@PROBE.contender("beside 250 others", Role.SEAM)
def beside(lab: Lab) -> Iterator[Measure]:
    with monolith(lab) as shop:

        def measure() -> dict[str, float]:
            with ExitStack() as held:
                for number in range(SILENT + HALF_SENT):
                    other = held.enter_context(socket.create_connection(("127.0.0.1", shop.port)))
                    other.sendall(b"" if number < SILENT else HALF)
                return {"median": probe(shop.port)}

        yield measure


@PROBE.contender("alone", Role.LIMIT)
def alone(lab: Lab) -> Iterator[Measure]:
    with monolith(lab) as shop:
        yield lambda: {"median": probe(shop.port)}


def probe(port: int) -> float:
    """Return the median time of a probe, in milliseconds."""
    asked = request("GET", "/health/live", b"", Connection="close")
    taken = []
    for _ in range(PROBES):
        started = time.perf_counter()
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(asked)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        taken.append(time.perf_counter() - started)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the probe was answered {answer[:80]!r}")
    return statistics.median(taken) * 1000
