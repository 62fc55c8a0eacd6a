"""A call from one module to another, which gives back the lines it is sent: in one process, and over the wire.

One caller at a time. Both ends of every contender are processes of their own; a server has one process and four
threads, or one event loop.
"""

import copy
import json
import time
from collections.abc import Callable, Iterator
from functools import cache
from http.client import HTTPConnection
from typing import Any

from benchmarks.children import child
from benchmarks.harness import Compare, Experiment, Measure, Metric, Role
from benchmarks.lab import Lab
from benchmarks.load import WrongAnswer
from benchmarks.processes import gunicorn, server, uvicorn

SIZES = {"1 line": 1, "20 lines": 20, "1,000 lines": 1000}
LOCAL_SIZES = {"no lines": 0} | SIZES
TURN = 0.4
"""Seconds that one size is called for in a round."""
JSON = {"Content-Type": "application/json"}

IN_PROCESS = Experiment(
    "A contract call in the same process",
    "With all its guards: by value, deadline, declared errors, a context of its own. A plain call hands over a "
    "reference and guards nothing; the difference is what the guards cost, encoding and decoding the lines included.",
    tuple(Metric(size, "µs", Compare.DIFFERENCE) for size in LOCAL_SIZES),
    rounds=7,
)
REMOTE = Experiment(
    "A contract call to a service",
    "Seam's service is `manage.py serve`, with its tokens, deadlines, idempotency and log. The limit is the standard "
    "library's client on a connection that is kept, with bytes encoded before, to an application that sends them back, "
    "in gunicorn's own threaded worker: nothing is encoded, checked or logged. The tutorial's way is `httpx.post(…)`: "
    "a client for each request.",
    tuple(Metric(size, "calls/s", more_is_better=True) for size in SIZES),
)


@IN_PROCESS.contender("contract call", Role.SEAM)
def contract_call(lab: Lab) -> Iterator[Measure]:
    with child(lab.with_extra_modules(), MODULES="echo") as caller:
        yield lambda: {size: 1e6 / caller.submit(rate, seam, n).result() for size, n in LOCAL_SIZES.items()}


@IN_PROCESS.contender("plain call", Role.LIMIT)
def plain_call(lab: Lab) -> Iterator[Measure]:
    with child(lab.with_extra_modules(), MODULES="echo") as caller:
        yield lambda: {size: 1e6 / caller.submit(rate, plain, n).result() for size, n in LOCAL_SIZES.items()}


@IN_PROCESS.contender("plain call, by value with copy.deepcopy")
def deepcopy_call(lab: Lab) -> Iterator[Measure]:
    with child(lab.with_extra_modules(), MODULES="echo") as caller:
        yield lambda: {size: 1e6 / caller.submit(rate, deepcopied, n).result() for size, n in LOCAL_SIZES.items()}


@REMOTE.contender("contract call", Role.SEAM)
def remote_contract_call(lab: Lab) -> Iterator[Measure]:
    root = lab.with_extra_modules()
    with lab.deployable("echo", root, MODULES="echo") as service:
        service.start()
        with child(root, MODULES="echo", ECHO_URL=service.url) as caller:
            yield lambda: {size: caller.submit(rate, seam, count).result() for size, count in SIZES.items()}


@REMOTE.contender("http.client, kept → empty WSGI application", Role.LIMIT)
def raw(lab: Lab) -> Iterator[Measure]:
    with server(lab.path("empty"), *gunicorn("benchmarks.rivals.empty:application")) as service:
        yield from called(http_client, service.port)


@REMOTE.contender("httpx, kept → empty WSGI application")
def httpx_to_empty(lab: Lab) -> Iterator[Measure]:
    with server(lab.path("empty"), *gunicorn("benchmarks.rivals.empty:application")) as service:
        yield from called(httpx_kept, service.port)


@REMOTE.contender("httpx, kept → FastAPI")
def httpx_to_fastapi(lab: Lab) -> Iterator[Measure]:
    with server(lab.path("fastapi"), *uvicorn("benchmarks.rivals.fastapi_echo:application")) as service:
        yield from called(httpx_kept, service.port)


@REMOTE.contender("the tutorial's way: httpx client per request → FastAPI")
def tutorial(lab: Lab) -> Iterator[Measure]:
    with server(lab.path("fastapi"), *uvicorn("benchmarks.rivals.fastapi_echo:application")) as service:
        yield from called(httpx_per_request, service.port)


@REMOTE.contender("gRPC, kept → synchronous server")
def grpc(lab: Lab) -> Iterator[Measure]:
    with server(lab.path("grpc"), "benchmarks.rivals.grpc_echo", "{port}") as service:
        yield from called(grpc_stub, service.port)


def called(way: Callable[..., Any], port: int) -> Iterator[Measure]:
    """Measure calls to a rival from a process of its own."""
    with child() as caller:
        yield lambda: {size: caller.submit(rate, way, count, port).result() for size, count in SIZES.items()}


def rate(way: Callable[..., Callable[[], Any]], count: int, *where: int) -> float:
    """In the caller's process: calls per second."""
    call = _ready(way, count, *where)
    if len(call()) != count:
        raise WrongAnswer(way.__name__)
    calls, begun = 0, time.perf_counter()
    batch = 1 if where else 20
    while (took := time.perf_counter() - begun) < TURN:
        for _ in range(batch):
            call()
        calls += batch
    return calls / took


@cache
def _ready(way: Callable[..., Callable[[], Any]], count: int, *where: int) -> Callable[[], Any]:
    return way(count, *where)


def seam(count: int) -> Callable[[], Any]:
    from contracts.echo import Echo
    from seamline.calls import call

    lines = contract_lines(count)
    return lambda: call(Echo).echo(lines)


def plain(count: int) -> Callable[[], Any]:
    from modules.echo import queries

    lines = contract_lines(count)
    return lambda: queries.echo(lines)


def deepcopied(count: int) -> Callable[[], Any]:
    from modules.echo import queries

    lines = contract_lines(count)
    return lambda: copy.deepcopy(queries.echo(copy.deepcopy(lines)))


def http_client(count: int, port: int) -> Callable[[], Any]:
    connection = HTTPConnection("127.0.0.1", port)

    def call() -> Any:
        connection.request("POST", "/echo", encoded, JSON)
        return lines if connection.getresponse().read() == encoded else []

    lines = json_lines(count)
    encoded = json.dumps({"lines": lines}).encode()
    return call


def httpx_kept(count: int, port: int) -> Callable[[], Any]:
    import httpx

    client, lines = httpx.Client(base_url=f"http://127.0.0.1:{port}"), json_lines(count)
    return lambda: client.post("/echo", json={"lines": lines}).json()["lines"]


def httpx_per_request(count: int, port: int) -> Callable[[], Any]:
    import httpx

    url, lines = f"http://127.0.0.1:{port}/echo", json_lines(count)
    return lambda: httpx.post(url, json={"lines": lines}).json()["lines"]


def grpc_stub(count: int, port: int) -> Callable[[], Any]:
    import grpc

    from benchmarks.rivals.grpc_echo import messages, services

    stub = services.EchoStub(grpc.insecure_channel(f"127.0.0.1:{port}"))

    def call() -> Any:
        lines = [messages.Line(sku=line["sku"], quantity=line["quantity"]) for line in wanted]
        return stub.Echo(messages.Lines(lines=lines)).lines

    wanted = json_lines(count)
    return call


def json_lines(count: int) -> list[dict[str, Any]]:
    return [{"sku": f"SKU-{number}", "quantity": 1 + number % 9} for number in range(count)]


def contract_lines(count: int) -> tuple[Any, ...]:
    from contracts.echo import Line

    return tuple(Line(**line) for line in json_lines(count))
