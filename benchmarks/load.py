"""A load generator: a few connections, kept alive, each sending its next request when it has the answer to the last.

Written here because it has to leave the two cores to those it measures: the kept ones take several times the CPU for
a request, and no wheel has a compiled one. It runs in the process of the bench, whose CPU time nobody is charged for.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

PAUSE = 0.2
"""Seconds before a client that was refused comes again."""
Request = Callable[[], bytes]
"""Makes the next request, head and body."""


class WrongAnswer(AssertionError):
    """A contender answered something else than it should have."""


class Load(NamedTuple):
    """What came of some seconds of load."""

    answers: int
    rate: float
    """Answers per second."""
    p50: float
    """Milliseconds."""
    p99: float
    refused: float
    """Of a hundred requests, how many were answered 503: come again later."""


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as it goes over the wire."""
    head = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in head.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def load(port: int, new: Request, expect: int, seconds: float, connections: int = 8) -> Load:
    """Send requests to a port of this machine for some seconds."""
    return asyncio.run(_load(port, new, expect, seconds, connections))


async def _load(port: int, new: Request, expect: int, seconds: float, connections: int) -> Load:
    begun = time.perf_counter()
    took: list[float] = []
    callers = (_caller(port, new, expect, begun + seconds, took) for _ in range(connections))
    refused = sum(await asyncio.gather(*callers))
    rate = len(took) / (time.perf_counter() - begun)
    hundredths = statistics.quantiles(took, n=100, method="inclusive")
    return Load(len(took), rate, hundredths[49] * 1000, hundredths[98] * 1000, 100 * refused / (len(took) + refused))


async def _caller(port: int, new: Request, expect: int, until: float, took: list[float]) -> int:
    refused = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (begun := time.perf_counter()) < until:
            writer.write(new())
            status, body = await _answer(reader)
            if status == HTTPStatus.SERVICE_UNAVAILABLE:
                refused += 1
                await asyncio.sleep(PAUSE)
                continue
            if status != expect:
                raise WrongAnswer(f"expected {expect}, got {status}: {body[:500].decode(errors='replace')}")
            took.append(time.perf_counter() - begun)
    finally:
        writer.close()
    return refused


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    if not rest:
        raise WrongAnswer(f"an answer without Content-Length: {head!r}")
    return int(head[9:12]), await reader.readexactly(int(rest.partition(b"\r\n")[0]))
