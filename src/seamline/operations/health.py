"""The deployable's own endpoints: health and metrics."""

from collections.abc import Callable
from http import HTTPStatus

import msgspec
from django.conf import settings
from django.db.utils import Error
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from seamline import __version__, shutdown, topology, versions
from seamline.context import working_for
from seamline.databases import availability
from seamline.databases.availability import LOOK_TIMEOUT
from seamline.discovery import directory
from seamline.events import subscriptions
from seamline.http.keys import jwks
from seamline.layout import alias_of
from seamline.module import Module, active, extracted, setting
from seamline.observability import metrics as counted
from seamline.operations import event_administration, gauges

POLICIES = ("CALLS", "DELIVERY", "SAGAS")
"""Settings that hold all that can be tuned of one mechanism each."""


class Probes:
    """Django middleware: answer health, metrics and keys first, under any host name: who asks has an address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.probes = {
            "/health": health,
            "/health/live": live,
            "/health/ready": ready,
            "/metrics": metrics,
            "/.well-known/jwks.json": jwks,
        }

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.probes.get(request.path, self.get_response)(request)


def live(request: HttpRequest) -> HttpResponse:
    """Tell whether the process runs: 200, always."""
    return _json({"status": "live"})


def ready(request: HttpRequest) -> HttpResponse:
    """Tell whether requests can be served: 200 while the database of any module here answers, else 503.

    It names those that do not. One module's must not take away the others, nor, as replicas share it, every replica.

    A process that is about to end is not ready, though it serves those who have not noticed yet.
    """
    if shutdown.is_draining():
        return _json({"status": "draining"}, HTTPStatus.SERVICE_UNAVAILABLE)
    away = availability.away()
    needed = {alias_of(module) for module in settings.ACTIVE_MODULES}
    useless = bool(needed) and needed <= {*away}
    return _json({"status": "not ready" if useless else "ready", "away": away}, 503 if useless else 200)


def health(request: HttpRequest) -> HttpResponse:
    """Show versions, policies, and of each module where it lives, its settings, its outbox, who has not heard it."""
    routes, away = topology.current(), availability.away()
    unheard = subscriptions.pending()
    modules: dict[str, dict[str, object]] = {
        name: {
            "here": routes.is_here(name),
            "owner": _owner(routes, name),
            "settings": _public_settings(module),
            "outbox": None if alias_of(name) in away else _outbox(name),
            "unheard_by": sorted({a.publisher for a in unheard if a.subscriber == name}),
        }
        for name, module in active().items()
    }
    nothing: dict[str, object] = {"here": False, "owner": None, "settings": {}, "outbox": None, "unheard_by": []}
    modules |= dict.fromkeys(extracted(), nothing)
    policies = {name.lower(): getattr(settings, name) for name in POLICIES if hasattr(settings, name)}
    told = {"runtime": __version__, "wire": versions.WIRE, "tables": versions.TABLES}
    shown = {"service": settings.SERVICE_NAME, "versions": told, "policies": policies, "modules": modules}
    return _json(shown | {"discovery": _discovery()})


def metrics(request: HttpRequest) -> HttpResponse:
    """Show Prometheus what was counted, and what waits in the outboxes."""
    body = generate_latest(counted.registry()) + generate_latest(gauges.registry)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _json(body: object, status: int = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), content_type="application/json", status=status)


def _owner(routes: topology.Topology, module: str) -> dict[str, object] | None:
    """Show who owns a module that ever moved with its data, as far as this process knows."""
    owner = routes.owners.get(module)
    return {"epoch": owner.epoch, "name": owner.name, "address": owner.address} if owner else None


def _discovery() -> dict[str, object] | None:
    """Show the registry, and the instances of services that this process has called."""
    if not (found := settings.DISCOVERY) or not (known := directory.current()):
        return None
    reached = known.reachability.is_reachable
    return {"registry": found.public_url, "reachable": reached, "address": found.address, "services": known.services()}


def _public_settings(module: Module) -> dict[str, str]:
    """Return the settings of a module that are no secrets."""
    return {one.name.lower(): setting(module.name, one.name) for one in module.settings if not one.secret}


def _outbox(module: str) -> dict[str, float | None] | None:
    try:
        with working_for(module, LOOK_TIMEOUT):
            standings = event_administration.status(module)
    except Error:
        return None
    ages = [standing.oldest_seconds for standing in standings if standing.oldest_seconds is not None]
    return {
        "waiting": sum(standing.waiting + standing.delivering + standing.blocked for standing in standings),
        "dead": sum(standing.dead for standing in standings),
        "oldest_seconds": round(max(ages), 1) if ages else None,
    }
