"""One order through a monolith and two services is one trace, as a collector of OpenTelemetry's receives it."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.processes import Yard
from tests.shop import Shop, order_of
from tests.topology.pairs import ServiceOf
from tests.waiting import eventually

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
APART = ("inventory", "notifications")


class Span(NamedTuple):
    """One span, with the name of the deployable that sent it."""

    service: str
    name: str
    kind: int
    span_id: str
    parent: str
    links: int
    attributes: dict[str, str]


class Collector:
    """Receives spans by OTLP over HTTP, and keeps those of one trace (https://opentelemetry.io/docs/specs/otlp/)."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.receive(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def receive(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(
                each.value.string_value for each in resource.resource.attributes if each.key == "service.name"
            )
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                if span.trace_id.hex() == TRACE:
                    told = {each.key: each.value.string_value for each in span.attributes}
                    ids = span.span_id.hex(), span.parent_span_id.hex()
                    self.spans.append(Span(service, span.name, span.kind, *ids, len(span.links), told))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


def test_one_order_is_one_trace(the_yard: Yard, service_of: ServiceOf, collector: Collector) -> None:
    traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    with ExitStack() as stack:
        gateway = stack.enter_context(the_yard.deployable("traced", **traced))
        services = {
            name: stack.enter_context(the_yard.deployable(f"traced_{name}", service_of(name), **traced))
            for name in APART
        }
        gateway.launch(**{f"{name.upper()}_URL": service.url for name, service in services.items()})
        for service in services.values():
            service.launch(GATEWAY_URL=gateway.url)
        for deployable in (gateway, *services.values()):
            deployable.until_ready()
        for deployable in (gateway, *services.values()):
            deployable.until_heard()
        shop = Shop(gateway.client)
        customer, sku = shop.customer(), shop.product(stock=3)

        customer.client.post("/orders", order_of((sku, 1)), traceparent=f"00-{TRACE}-{PARENT}-01").expect(201)

        customer.hears("order_confirmed")
        names = {
            ("seam", "POST /api/v1/orders"),
            ("seam", "checkout reserve_stock"),
            ("seam", "inventory/v1/reserve"),
            ("inventory-service", "inventory/v1/reserve"),
            ("inventory-service", "INSERT"),
            ("seam", "payments/v1/authorise"),
            ("seam", "orders.OrderCreated.v1"),
            ("notifications-service", "orders.OrderCreated.v1"),
        }
        eventually(lambda: names - {(span.service, span.name) for span in collector.spans}, lambda missing: not missing)
        logged = [json.loads(line) for line in gateway.log.read_text().splitlines() if line.startswith("{")]

    spans = {span.span_id: span for span in collector.spans}
    assert {span.parent for span in spans.values()} <= {PARENT, *spans}, "each hangs on another"
    [request] = [span for span in spans.values() if span.parent == PARENT]
    assert request.name == "POST /api/v1/orders"
    handled = [span for span in spans.values() if span.name == "orders.OrderCreated.v1"]
    assert all(span.links == 1 for span in handled), "with a link to the delivery that brought it"
    statements = [span.attributes["db.query.text"] for span in spans.values() if "db.query.text" in span.attributes]
    assert statements and not any(customer.email in text or sku in text for text in statements), "no values"
    [line] = [line for line in logged if line.get("route") == "/api/v1/orders" and line["method"] == "POST"]
    assert (line["trace_id"], line["span_id"]) == (TRACE, request.span_id)
