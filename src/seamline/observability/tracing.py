"""Traces by OpenTelemetry: one for a request and all that follows from it, in whatever process.

It is the context's `traceparent` that goes along with calls, events, flows and jobs, whether anything is traced here or
not (W3C Trace Context). Where `OTEL_EXPORTER_OTLP_ENDPOINT` is set, each piece of work is a span beside it. All other
settings are OpenTelemetry's own: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.signals import connection_created
from msgspec import structs

from seamline.context import current, entered

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
MAX_STATEMENT_LENGTH = 2000
SERVER, CLIENT, CONSUMER, INTERNAL = "SERVER", "CLIENT", "CONSUMER", "INTERNAL"

tracer: "Tracer | None" = None
"""None while nothing is traced: whoever is called all the time looks at that and no further."""
_provider: "TracerProvider | None" = None


def start() -> None:
    """Trace from now on, where it is asked for. Once in each process, since a fork has no thread that exports.

    Raises `ImproperlyConfigured` where OpenTelemetry is not installed.
    """
    global tracer, _provider
    if tracer or not any(os.environ.get(name) for name in ENDPOINTS):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ImproperlyConfigured(
            f"{ENDPOINTS[0]} is set: install the extra `traces` of seamline ({error})"
        ) from error
    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", settings.SERVICE_NAME)})
    _provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = _provider.get_tracer("seamline")
    connection_created.connect(_watch_statements)


def stop(seconds: float) -> None:
    """Export what is left, for so many seconds at most."""
    if _provider:
        _provider.force_flush(int(seconds * 1000))


@contextmanager
def span(name: str, kind: str = INTERNAL, link: str | None = None, **attributes: str | int) -> "Iterator[Span | None]":
    """Make the work of a block a span of the trace that the context names, or of a new one; None where none is kept.

    `link` is the trace context of other work that brought it here.
    """
    if tracer is None:
        yield None
        return
    from opentelemetry.trace import Link, SpanKind, get_current_span

    here = current()
    told = {key.replace("_", "."): value for key, value in attributes.items()}
    links = [Link(get_current_span(_parent(link)).get_span_context())] if link else []
    with tracer.start_as_current_span(name, _parent(here.traceparent), SpanKind[kind], told, links) as begun:
        found = begun.get_span_context()
        traceparent = f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"
        with entered(structs.replace(here, traceparent=traceparent)):
            yield begun


def end_request(begun: "Span | None", name: str, status: int) -> None:
    """Say of a request's span what it was, once that is known."""
    if begun is None:
        return
    from opentelemetry.trace import StatusCode

    begun.update_name(name)
    begun.set_attribute("http.response.status_code", status)
    if status >= 500:
        begun.set_status(StatusCode.ERROR)


def _parent(traceparent: str | None) -> Any:
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier = {"traceparent": traceparent} if traceparent else {}
    return TraceContextTextMapPropagator().extract(carrier, Context())


def _watch_statements(connection: Any, **_: object) -> None:
    """Have each statement on a connection be a span; one that is opened anew has that already."""
    if not any(isinstance(wrapper, _Statements) for wrapper in connection.execute_wrappers):
        connection.execute_wrappers.append(_Statements(connection.settings_dict["NAME"]))


class _Statements:
    """Makes each statement a span, by its text, which has no values in it."""

    def __init__(self, database: str) -> None:
        self._database = database

    def __call__(
        self, execute: Callable[..., Any], statement: Any, values: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if current().traceparent is None:
            return execute(statement, values, many, context)  # of nobody's work: a scheduler that looks
        text = " ".join(str(statement).split())
        with span(text.partition(" ")[0].upper()[:20], CLIENT) as begun:
            if begun:
                begun.set_attribute("db.system.name", "postgresql")
                begun.set_attribute("db.namespace", self._database)
                begun.set_attribute("db.query.text", text[:MAX_STATEMENT_LENGTH])
            return execute(statement, values, many, context)
