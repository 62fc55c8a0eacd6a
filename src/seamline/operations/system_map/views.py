"""The pages that say what a deployable is: `/`, and for operators the map."""

from http import HTTPStatus

import msgspec
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from seamline import __version__, topology
from seamline.http.problems import problem
from seamline.module import known
from seamline.operations.system_map import document

PLACES = (
    ("docs", "API documentation", "every endpoint, with examples, to be tried out", True),
    ("redoc", "API reference", "the same to be read", True),
    ("schema", "OpenAPI document", "the same for programs", True),
    ("admin:index", "Admin", "for operators: the modules' rows, events, sagas, jobs", True),
    ("map", "Map", "for operators: what runs now, and where", True),
    ("health", "Health", "how each module is, versions and policies", False),
    ("metrics", "Metrics", "for Prometheus", False),
)
"""Where to go from the first page: a route, what it is called, what is there, and whether strangers are told of it."""


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Say what this deployable is and where to go. In production, strangers hear nothing of its inside."""
    is_insider = settings.DEVELOPMENT or admin.site.has_permission(request)
    places = [
        {"address": address, "title": title, "text": text}
        for name, title, text, is_public in PLACES
        if (is_public or is_insider) and (address := _address(name))
    ]
    routes = topology.current()
    modules = [
        {"name": name, "summary": module.summary, "is_here": routes.is_here(name), "place": routes.moved.get(name, "")}
        for name, module in sorted(known().items())
    ]
    title = settings.SERVICE_NAME.replace("-", " ").replace("_", " ").capitalize()
    shown = {"title": title, "places": places, "is_development": settings.DEVELOPMENT}
    inside = {"modules": modules, "runtime": __version__} if is_insider else {}
    return render(request, "seamline/home.html", shown | inside)


@require_safe
@never_cache
def show_map(request: HttpRequest) -> HttpResponse:
    """Show the page that draws the map."""
    if not admin.site.has_permission(request):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    return render(request, "seamline/map.html", {"service": settings.SERVICE_NAME})


@require_safe
@never_cache
def map_json(request: HttpRequest) -> HttpResponse:
    """Answer the map as a document, for the page and for programs with an operator's session."""
    if not admin.site.has_permission(request):
        return problem(HTTPStatus.FORBIDDEN, "map.forbidden", "Forbidden", "Log in to the admin as an operator")
    return HttpResponse(msgspec.json.encode(document.current()), content_type="application/json")


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return "/health" if name == "health" else ""
