"""The shop to be measured: Seam as a monolith and with modules apart, and its rivals; each with the same goods."""

import json
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import psycopg

from benchmarks.lab import Lab
from benchmarks.load import request
from benchmarks.processes import gunicorn, server, uvicorn
from benchmarks.rivals import databases, tokens
from tests.processes import Deployable, free_port
from tests.topology.pairs import extract, modules

SERVICES = ("gateway", "orders", "users", "inventory", "payments")


@dataclass
class Shop:
    """One that runs: where it answers, with which token, and what it consists of."""

    port: int
    token: str
    processes: list[int]
    outbox: str = ""
    """The address of the database whose events follow an order, where there are any."""
    deployables: dict[str, Deployable] = field(default_factory=dict)

    def order(self) -> bytes:
        """A request for an order of two products."""
        skus = random.sample(range(1, databases.PRODUCTS + 1), 2)
        lines = [{"sku": f"BENCH-{sku}", "quantity": 1} for sku in skus]
        body = json.dumps({"lines": lines, "payment_method": "sandbox:approve"}).encode()
        return request("POST", "/api/v1/orders", body, Authorization=f"Bearer {self.token}")

    def settle(self) -> None:
        """Wait until all that the orders set off has happened."""
        if self.outbox:
            with psycopg.connect(self.outbox, autocommit=True) as connection:
                while connection.execute(
                    "SELECT EXISTS (SELECT FROM seamline_outbox WHERE state IN ('pending', 'delivering'))"
                ).fetchone() == (True,):
                    time.sleep(0.02)


@contextmanager
def monolith(lab: Lab) -> Iterator[Shop]:
    """Seam, all modules in one process."""
    with apart(lab, ()) as shop:
        yield shop


@contextmanager
def apart(lab: Lab, names: Sequence[str]) -> Iterator[Shop]:
    """Seam, with these modules extracted to services, which know each other's addresses, behind the monolith."""
    roots = {name: extract(name, lab.path(f"{name}-service")) for name in names}
    with ExitStack() as stack:
        home = stack.enter_context(lab.deployable("seam"))
        there = {name: stack.enter_context(lab.deployable(name, root)) for name, root in roots.items()}
        addresses = {f"{name.upper()}_URL": service.url for name, service in there.items()}
        home.launch(**addresses)
        for service in there.values():
            others = {setting: url for setting, url in addresses.items() if url != service.url}
            service.launch(GATEWAY_URL=home.url, **others)
        started = (home, *there.values())
        for deployable in started:
            deployable.until_ready()
        for deployable in started:
            deployable.until_heard()
        where = {module: lab.database_of(there.get(module, home), module) for module in modules()}
        databases.fill_seam(where["catalog"], where["inventory"])
        token = home.client.log_in("ada@example.com", "demo-password").token or ""
        pids = [deployable.process.pid for deployable in started if deployable.process]
        yield Shop(home.port, token, pids, where["orders"], {"gateway": home, **there})


@contextmanager
def plain_django(lab: Lab) -> Iterator[Shop]:
    """One plain Django process, with as many threads as Seam has."""
    settings = databases.databases(lab, "plain") | tokens.settings()
    with server(lab.path("plain"), *gunicorn("benchmarks.rivals.plain.wsgi:application"), **settings) as one:
        yield Shop(one.port, tokens.token(databases.CUSTOMER), [one.process.pid])


@contextmanager
def fastapi(lab: Lab, client: str) -> Iterator[Shop]:
    """Five FastAPI services, one process each, that call each other by this client."""
    ports = {name: free_port() for name in SERVICES}
    urls = {f"{name.upper()}_URL": f"http://127.0.0.1:{port}" for name, port in ports.items()}
    settings = databases.databases(lab, "fastapi") | tokens.settings() | urls | {"CLIENT": client}
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                server(
                    lab.path(f"fastapi-{name}"),
                    *uvicorn("benchmarks.rivals.fastapi_shop:application"),
                    port=port,
                    **settings,
                    SERVICE=name,
                )
            )
            for name, port in ports.items()
        ]
        yield Shop(ports["gateway"], tokens.token(databases.CUSTOMER), [one.process.pid for one in running])
