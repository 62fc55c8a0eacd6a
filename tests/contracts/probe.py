"""A contract that does on purpose what goes wrong elsewhere, and a process that serves it."""

import enum
import threading
import time
from datetime import timedelta
from decimal import Decimal
from socketserver import ThreadingMixIn
from typing import Annotated
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import msgspec

from seamline.contract import AwareDatetime, Contract, ContractError, Value, command, query

MODULE = "depots"
"""Whose database keeps the command keys."""
Quantity = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Everything(Value):
    """One field of each kind that may cross."""

    text: str
    number: int
    ratio: float
    exact: Decimal
    raw: bytes
    flag: bool
    colour: Colour
    when: AwareDatetime
    pause: timedelta
    maybe: str | None
    lines: tuple[Quantity, ...]
    tags: frozenset[str]


class Refused(ContractError):
    """The probe refuses."""

    what: str
    how_often: int
    detail_: Everything | None = None


class Undeclared(ContractError):
    """The contract does not name this one."""


class Probe(Contract, module=MODULE, facet="probe"):
    """What goes wrong elsewhere."""

    @query
    def echo(self, everything: Everything) -> Everything: ...

    @query
    def text(self, text: str) -> str: ...

    @query
    def long(self, length: int) -> str: ...

    @query
    def quantity(self, quantity: Quantity) -> int: ...

    @query(raises=(Refused,))
    def refuse(self, what: str, everything: Everything | None) -> None: ...

    @query
    def blow_up(self, secret: str) -> None: ...

    @query
    def raise_undeclared(self) -> None: ...

    @query
    def lie(self) -> int: ...

    @query
    def sleep(self, seconds: float) -> None: ...

    @query
    def remaining(self) -> float: ...

    @query
    def context(self) -> tuple[str | None, ...]: ...

    @query
    def thread_local(self) -> str | None: ...

    @query
    def call_back(self, depth: int) -> int: ...

    @query(stale=30.0)
    def rumour(self, topic: str) -> str: ...

    @query
    def stream(self) -> tuple[int, ...]: ...

    @command(natural_key=True)
    def write_after(self, seconds: float) -> None: ...

    @query
    def written(self) -> int: ...

    @command(raises=(Refused,))
    def count(self, step: int) -> int: ...

    @command(natural_key=True)
    def touch(self) -> None: ...


_local = threading.local()


class Implementation:
    """What the probe does; `counted` is shared by whoever asks this process."""

    counted = wrote = 0

    def echo(self, everything: Everything) -> Everything:
        return everything

    def text(self, text: str) -> str:
        return text

    def long(self, length: int) -> str:
        return "x" * length

    def quantity(self, quantity: int) -> int:
        return quantity

    def refuse(self, what: str, everything: Everything | None) -> None:
        try:
            raise ValueError("the cause, which is nobody's business")
        except ValueError as cause:
            raise Refused(what, 3, everything) from cause

    def blow_up(self, secret: str) -> None:
        raise RuntimeError(f"the password is {secret}")

    def raise_undeclared(self) -> None:
        raise Undeclared()

    def lie(self) -> object:
        return "not a number"

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def remaining(self) -> float:
        from seamline import context

        return context.current().remaining

    def context(self) -> tuple[str | None, ...]:
        from seamline import context

        now = context.current()
        return now.request_id, now.traceparent, now.actor, now.module

    def thread_local(self) -> str | None:
        from contextvars import copy_context

        return next((str(value) for var, value in copy_context().items() if var.name == "leak"), None)

    def call_back(self, depth: int) -> int:
        from seamline.calls import call

        time.sleep(0.02)
        return 1 + call(Probe).call_back(depth - 1) if depth else 0

    def rumour(self, topic: str) -> str:
        return f"it is said that {topic}"

    def stream(self) -> object:
        return (number for number in range(3))

    def write_after(self, seconds: float) -> None:
        from seamline.databases import transaction

        time.sleep(seconds)
        with transaction(MODULE):
            Implementation.wrote += 1

    def written(self) -> int:
        return Implementation.wrote

    def count(self, step: int) -> int:
        if step == 0:
            raise Refused("nothing to count", 0)
        time.sleep(0.05)
        Implementation.counted += step
        return Implementation.counted

    def touch(self) -> None:
        pass


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main(port: int) -> None:
    """Serve the probe until stopped, having said on which port."""
    import django

    django.setup()
    from seamline.calls import server
    from seamline.calls.endpoint import ContractEndpoint

    fake = Implementation()
    server.register(Probe, {name: getattr(fake, name) for name in Probe.operations})
    with make_server("127.0.0.1", port, ContractEndpoint(_nothing), _Server, _Quiet) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


def _nothing(environ: object, start_response: object) -> list[bytes]:
    start_response("404 Not Found", [])  # type: ignore[operator]
    return [b""]
