"""Reading one order of five lines, and a page of twenty products, over HTTP: four customers at once.

An order is read with a token and carries its customer's nickname, which is in another database; products are for
anybody. Every contender answers the same fields, from one process: four threads, or an event loop.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import topologies
from benchmarks.harness import Experiment, Measure, Metric, Role
from benchmarks.lab import Lab
from benchmarks.load import load, request
from benchmarks.processes import gunicorn, server, uvicorn
from benchmarks.rivals import databases, tokens

LINES = 5
SECONDS = 1.0

READS = Experiment(
    "Reading",
    "Plain Django has one middleware and no log, its ORM or plain SQL, and msgspec for the answer.",
    (Metric("one order", "requests/s", more_is_better=True), Metric("products", "requests/s", more_is_better=True)),
)


@READS.contender("monolith", Role.SEAM)
def monolith(lab: Lab) -> Iterator[Measure]:
    with topologies.monolith(lab) as shop:
        client = shop.deployables["gateway"].client.bearing(shop.token)
        lines = [{"sku": f"BENCH-{number}", "quantity": 1} for number in range(1, LINES + 1)]
        order = client.post("/orders", {"lines": lines, "payment_method": "sandbox:approve"}).expect(201)["id"]
        shop.settle()
        yield lambda: read(shop.port, shop.token, "/api/v1", order)


@READS.contender("plain Django view, ORM", Role.LIMIT)
def plain_orm(lab: Lab) -> Iterator[Measure]:
    with plain(lab) as (port, order):
        yield lambda: read(port, tokens.token(databases.CUSTOMER), "/api/v1", order)


@READS.contender("plain Django view, SQL", Role.LIMIT)
def plain_sql(lab: Lab) -> Iterator[Measure]:
    with plain(lab) as (port, order):
        yield lambda: read(port, tokens.token(databases.CUSTOMER), "/sql", order)


@READS.contender("REST framework, ModelSerializer")
def plain_drf(lab: Lab) -> Iterator[Measure]:
    with plain(lab) as (port, order):
        yield lambda: read(port, tokens.token(databases.CUSTOMER), "/drf", order)


@READS.contender("FastAPI, asyncpg")
def fastapi(lab: Lab) -> Iterator[Measure]:
    urls = databases.databases(lab, "fastapi")
    order = databases.an_order(urls, LINES)
    settings = urls | tokens.settings()
    with server(lab.path("reads"), *uvicorn("benchmarks.rivals.fastapi_reads:application"), **settings) as one:
        yield lambda: read(one.port, tokens.token(databases.CUSTOMER), "/api/v1", order)


@contextmanager
def plain(lab: Lab) -> Iterator[tuple[int, str]]:
    """The plain Django project: its port, and an order that it has."""
    urls = databases.databases(lab, "plain")
    order = databases.an_order(urls, LINES)
    settings = urls | tokens.settings()
    with server(lab.path("plain"), *gunicorn("benchmarks.rivals.plain.wsgi:application"), **settings) as one:
        yield one.port, order


def read(port: int, token: str, root: str, order: str) -> dict[str, float]:
    one = request("GET", f"{root}/orders/{order}", Authorization=f"Bearer {token}")
    page = request("GET", f"{root}/products")
    return {
        "one order": load(port, lambda: one, 200, SECONDS, connections=4).rate,
        "products": load(port, lambda: page, 200, SECONDS, connections=4).rate,
    }
