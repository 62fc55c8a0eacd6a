"""The monolith's side: prepares the data, then asks its own module and the service the same.

A module runs here, so always in a process of its own. It is spoken with in lines of JSON: it says the passwords of its
databases, hears where a service is, and says what it found.
"""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, Any

import msgspec
import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections, models
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator

from extraction.conformance import outbox
from extraction.conformance.arguments import Maker
from extraction.conformance.endpoints import Endpoint, OverTheWire, Request, in_process
from extraction.conformance.pool import Pool, Row, names_of
from extraction.conformance.report import Discrepancy, ServiceAddress
from extraction.conformance.suite import Handled, Suite
from seamline.context import working_for
from seamline.contract import Event
from seamline.databases import cursor, fetch
from seamline.events import delivery
from seamline.events.mailbox import mailbox
from seamline.module import Module, active
from seamline.operations import event_administration
from seamline.work import jobs

ROOM = "conformance"
"""A module's own room for this: its `load()` puts further data there for the suite to find."""
ROWS = 200
"""Of each table, that values are taken from."""
_NOT_DUE = """
    INSERT INTO seamline_job (module, name, attempts, due_at)
    VALUES (%(module)s, %(name)s, 0, now() + %(wait)s)
    ON CONFLICT (module, name) DO UPDATE SET due_at = now() + %(wait)s
"""


def main(name: str) -> None:
    """Prepare, say what it takes to log in to each database, and hold each service to the contract that is named.

    Whenever it says something it has none of its databases open, so that they can be copied.
    """
    channel = _channel()
    module = active()[name]
    call_command("migrate_all", verbosity=0)
    call_command("load_demo", verbosity=0)
    prepare(module)
    connections.close_all()
    _say(channel, {alias: settings.DATABASE_SERVER.password(alias) for alias in settings.DATABASES})
    for line in sys.stdin:
        served = msgspec.json.decode(line, type=ServiceAddress)
        service = OverTheWire(served.url)
        with _observing(service, module, served.database) as observed:
            report = examination(module, observed).run()
        report.problems += _missing_addresses(module, service)
        connections.close_all()
        _say(channel, report)


def prepare(module: Module) -> None:
    """Bring the data to where nothing changes it but the calls to come: all events delivered, and no job due.

    What the module publishes from then on is seen, and goes nowhere.
    """
    if module.has(ROOM):
        with working_for(module.name):
            module.room(ROOM).load()
    while any(delivery.drain(name, subscriber) for name, subscriber in _deliveries()):
        pass
    for name in active():
        with cursor(name) as sql:
            for task in jobs.tasks(name):
                sql.execute(_NOT_DUE, {"module": name, "name": task.name, "wait": timedelta(days=1)})
    with cursor(module.name) as sql:
        sql.execute(outbox.HOLD_BACK, {"module": module.name})
        sql.execute(outbox.SUBSCRIBE, {"module": module.name, "events": _events(module)})


def examination(module: Module, service: Endpoint | None) -> Suite:
    """The suite of all contracts of a module and the events it handles, with values of its data to ask about."""
    operations = [operation for contract in module.serves for operation in contract.operations.values()]
    ours = outbox.Observed(in_process, module.name, lambda query, values: fetch(module.name, query, values))
    handled = Handled(mailbox(module.name).operations["deliver"], module.subscribes)
    suite = Suite(operations, handled, Maker(Pool()), ours, service)
    for table, row in _rows(module):
        suite.know(table, row)
    return suite


@contextmanager
def _observing(service: Endpoint, module: Module, address: str) -> Iterator[Endpoint]:
    """The service, with what it publishes; `address` is that of its database."""
    with psycopg.connect(address, autocommit=True) as connection:
        yield outbox.Observed(service, module.name, lambda query, values: connection.execute(query, values).fetchall())


def _events(module: Module) -> list[str]:
    """Names of the events that a module may publish."""
    declared = vars(importlib.import_module(f"contracts.{module.name}")).values()
    classes = (each for each in declared if isinstance(each, type) and issubclass(each, Event) and each is not Event)
    return sorted(event.event_name for event in classes if event.module == module.name)


def _missing_addresses(module: Module, service: OverTheWire) -> Iterator[Discrepancy]:
    """The addresses of the module's HTTP API that the monolith would pass on to the service in vain."""
    answer = service(Request("/api/schema", b"", {"Accept": "application/vnd.oai.openapi+json"}, "GET"))
    try:
        theirs = _addresses(msgspec.json.decode(answer.body), module.name)
    except (msgspec.MsgspecError, LookupError, TypeError):
        yield Discrepancy("/api/schema", f"answers {answer.status}, and no OpenAPI document")
        return
    for address in sorted(_our_addresses(module) - theirs):
        yield Discrepancy(address, "is not among the addresses in its OpenAPI document")


def _our_addresses(module: Module) -> set[str]:
    if not module.has("urls"):
        return set()
    patterns = [path("api/v1/", include(f"{module.package}.urls"))]
    return _addresses(SchemaGenerator(patterns=patterns).get_schema(public=True), module.name)  # type: ignore[no-untyped-call]


def _addresses(document: Any, module: str) -> set[str]:
    """`GET /api/v1/parcels` and the like: those of a module."""
    return {
        f"{verb.upper()} {address}"
        for address, operations in document["paths"].items()
        for verb, operation in operations.items()
        if module in operation.get("tags", ())
    }


def _rows(module: Module) -> Iterator[tuple[str, Row]]:
    """What stands in each of the module's tables, by column; the `id` of a `Parcel` is a `parcel_id` too."""
    for model in apps.get_app_config(module.name).get_models():
        for stored in model._default_manager.order_by("pk")[:ROWS]:
            columns = {field.attname: getattr(stored, field.attname) for field in _columns(stored)}
            yield model.__name__, _aliases(stored) | columns


def _aliases(stored: models.Model) -> Row:
    """Values of a row by the other names that they go by: the model's, and that of the column that a key leads to."""
    found: dict[str, Any] = {}
    for field in _columns(stored):
        value = getattr(stored, field.attname)
        if field.primary_key:
            found |= dict.fromkeys(names_of(field.attname, type(stored).__name__, is_key=True), value)
        if isinstance(field, models.ForeignKey):
            found.setdefault(field.target_field.attname, value)
    return found


def _columns(stored: models.Model) -> list[Any]:
    return list(stored._meta.concrete_fields)


def _deliveries() -> Iterator[tuple[str, str]]:
    return ((name, standing.subscriber) for name in active() for standing in event_administration.status(name))


def _channel() -> IO[bytes]:
    """The standard output, for this process alone: what others print goes with the errors."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return channel


def _say(channel: IO[bytes], what: object) -> None:
    channel.write(msgspec.json.encode(what) + b"\n")
    channel.flush()
