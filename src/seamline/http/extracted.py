"""Modules that left for good: their addresses, which the gateway passes on, and their part of the documentation."""

import importlib.resources
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from seamline import context, layout
from seamline.contract import Unavailable
from seamline.http.problems import error_response
from seamline.module import ExtractedModule, extracted

log = structlog.get_logger("seamline.gateway")
DOCUMENT = "openapi.json"
Json = dict[str, Any]


def patterns(module: ExtractedModule) -> Iterator[URLPattern]:
    """Make the addresses that a module answers where it lives."""
    view = _make_view(module.name)
    for route in module.routes:
        yield re_path(route, view) if route.startswith("^") else path(route, view)


def document(result: Json, generator: object, request: object, public: bool) -> Json:
    """Add the endpoints of modules that left to the documentation: a postprocessing hook of drf-spectacular."""
    for name in extracted():
        if text := _read_document(name):
            add(result, name, text)
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


def add(result: Json, module: str, text: str) -> None:
    """Add what one of them documents. A type that means something else here gets the module's name before its own."""
    # As it is written, to be compared with what is read.
    known: Json = json.loads(json.dumps(result["components"].get("schemas", {}), default=str))
    schemas: Json = json.loads(text)["components"].get("schemas", {})
    words = "".join(word.capitalize() for word in module.split("_"))
    names = {name: name if known.get(name, schema) == schema else words + name for name, schema in schemas.items()}
    for name, own in names.items():
        text = text.replace(f'"#/components/schemas/{name}"', f'"#/components/schemas/{own}"')
    added: Json = json.loads(text)
    result["paths"].update(added["paths"])
    for section, entries in added["components"].items():
        here = result["components"].get(section, {})
        renamed = {names.get(name, name) if section == "schemas" else name: entry for name, entry in entries.items()}
        result["components"][section] = dict(sorted({**here, **renamed}.items()))


def _make_view(module: str) -> Callable[..., HttpResponse]:
    def respond(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        # The gateway answers before, wherever it knows an address.
        log.warning("no_route", module=module, request_id=context.current().request_id)
        return error_response(Unavailable(module=module))

    # By which the gateway, the log and the metrics know whose it is.
    respond.__module__ = layout.current().package_of(module)
    # It changes nothing, and where the module lives its own views see to it.
    return csrf_exempt(respond)


@cache
def _read_document(module: str) -> str:
    file = importlib.resources.files(layout.current().package_of(module)) / DOCUMENT
    return file.read_text(encoding="utf-8") if file.is_file() else ""
