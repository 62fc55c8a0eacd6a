"""`manage.py interface`: what others see of a module over HTTP."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import URLPattern, URLResolver, include, path
from django.urls.converters import DEFAULT_CONVERTERS
from django.urls.resolvers import RoutePattern
from drf_spectacular.generators import SchemaGenerator

from seamline.module import Module, active

API = "api/v1/"
Part = RoutePattern | Any
"""The part of an address that one pattern has; those of `re_path` are regular expressions."""


class Command(BaseCommand):
    help = (
        "Print the addresses that a module answers, and its part of the API's documentation, as JSON.\n"
        "Example: manage.py interface NAME"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("module")

    def handle(self, *args: Any, **options: Any) -> None:
        module = active().get(options["module"])
        if module is None:
            known = ", ".join(active())
            raise CommandError(f"no module {options['module']!r} is here; there are: {known}", returncode=2)
        self.stdout.write(json.dumps({"routes": [*_routes(module)], "openapi": _openapi(module)}, default=str))


def _openapi(module: Module) -> dict[str, Any] | None:
    """The module's endpoints as an OpenAPI document of their own, None where it has none."""
    if not module.has("urls"):
        return None
    generator = SchemaGenerator(patterns=[path(API, include(f"{module.package}.urls"))])  # type: ignore[no-untyped-call]
    schema: dict[str, Any] = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    return {name: schema[name] for name in ("openapi", "info", "paths", "components")}


def _routes(module: Module) -> Iterator[str]:
    for room, root in (("urls", API), ("pages", "")):
        if module.has(room):
            yield from _below(module.room(room).urlpatterns, [RoutePattern(root)])
    static = files(module.package) / "static"
    for place in sorted(static.iterdir(), key=lambda place: place.name) if static.is_dir() else ():
        yield f"{(settings.STATIC_URL or '').lstrip('/')}{place.name}{'/<path:path>' if place.is_dir() else ''}"


def _below(patterns: Sequence[URLPattern | URLResolver], before: list[Part]) -> Iterator[str]:
    for pattern in patterns:
        parts = [*before, pattern.pattern]
        if isinstance(pattern, URLResolver):
            yield from _below(pattern.url_patterns, parts)
        elif all(map(_is_plain, parts)):
            yield "".join(map(str, parts))
        else:
            yield "^" + "".join(part.regex.pattern.removeprefix("^").removesuffix(r"\Z") for part in parts) + r"\Z"


def _is_plain(part: Part) -> bool:
    """Whether it is written as `path` has it, with no converter that is the module's own."""
    own = (c for c in getattr(part, "converters", {}).values() if c not in DEFAULT_CONVERTERS.values())
    return isinstance(part, RoutePattern) and not any(own)
