"""The deployable's own endpoints: health, metrics, keys."""

import base64
from collections.abc import Callable
from http import HTTPStatus

import msgspec
from django.conf import settings
from django.db import connections
from django.db.utils import Error
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from kernel import ending, topology
from kernel.events import administration, subscriptions
from kernel.events.gauges import OutboxGauges
from kernel.http import access
from kernel.module import active, departed
from kernel.observability import metrics as counted

_outboxes = CollectorRegistry()
_outboxes.register(OutboxGauges())


class Probes:
    """Django middleware: answer `/health` first, whatever host it is asked under; probes ask by address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.probes = {"/health": health, "/health/live": live, "/health/ready": ready}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.probes.get(request.path, self.get_response)(request)


def live(request: HttpRequest) -> HttpResponse:
    """Whether the process runs: 200, always."""
    return _json({"status": "live"})


def ready(request: HttpRequest) -> HttpResponse:
    """Whether requests can be served: 200 when every database answers, else 503 with the names of those that do not.

    A process that is about to end is not ready, though it serves those who have not noticed yet.
    """
    if ending.is_draining():
        return _json({"status": "draining"}, HTTPStatus.SERVICE_UNAVAILABLE)
    away = [alias for alias in settings.DATABASES if not _answers(alias)]
    return _json({"status": "not ready", "away": away}, 503) if away else _json({"status": "ready"})


def health(request: HttpRequest) -> HttpResponse:
    """Where each module lives, what waits in its outbox, and which publishers have not heard its subscriptions."""
    routes = topology.current()
    unheard = subscriptions.pending()
    modules = {
        name: {
            "here": routes.is_here(name),
            "outbox": _outbox(name),
            "unheard_by": sorted({a.publisher for a in unheard if a.subscriber == name}),
        }
        for name in active()
    }
    modules |= {name: {"here": False, "outbox": None, "unheard_by": []} for name in departed()}
    return _json({"service": settings.SERVICE_NAME, "modules": modules})


def metrics(request: HttpRequest) -> HttpResponse:
    """What Prometheus reads: what was counted, and what waits in the outboxes."""
    body = generate_latest(counted.registry()) + generate_latest(_outboxes)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def jwks(request: HttpRequest) -> HttpResponse:
    """The public keys of users' tokens, as a JSON Web Key Set (RFC 7517)."""
    keys = [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": access.ALGORITHM,
            "use": "sig",
            "kid": kid,
            "x": base64.urlsafe_b64encode(key.public_bytes_raw()).rstrip(b"=").decode(),
        }
        for kid, key in access.public_keys().items()
    ]
    return _json({"keys": keys})


def _json(body: object, status: int = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), content_type="application/json", status=status)


def _answers(alias: str) -> bool:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _outbox(module: str) -> dict[str, float | None] | None:
    try:
        standings = administration.status(module)
    except Error:
        return None
    ages = [standing.oldest_seconds for standing in standings if standing.oldest_seconds is not None]
    return {
        "waiting": sum(standing.waiting + standing.delivering + standing.parked for standing in standings),
        "dead": sum(standing.dead for standing in standings),
        "oldest_seconds": round(max(ages), 1) if ages else None,
    }
