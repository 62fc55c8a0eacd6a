"""What the shop's endpoints declare, for a process of its own: `python -m tests.shop.endpoints [urlconf]`.

Says in a line each what one lacks that everybody who reads the API's document relies on.
"""

import re
import sys
from collections.abc import Iterator
from typing import Any

import django
from django.urls import URLPattern, URLResolver, get_resolver, set_urlconf

DECLARED = {
    "access": "says not who may use it",
    "throttle": "says not how often",
    "raises": "says not which errors it answers with",
}
"""What each method of an endpoint declares, by the attribute that `@endpoint` gives it."""
ALWAYS = ("400", "429", "503")
BODY = ("408", "413", "415")
API = "api/v1/"


def complaints() -> Iterator[str]:
    from drf_spectacular.generators import SchemaGenerator

    described: dict[str, Any] = SchemaGenerator().get_schema(public=True)["paths"]
    for route, view in _views(get_resolver(), ""):
        if route.startswith(API) and route != API:
            path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
            yield from _of_view(path, getattr(view, "cls", None), described.get(path, {}))


def _views(resolver: URLResolver, before: str) -> Iterator[tuple[str, Any]]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern.callback
        else:
            yield from _views(pattern, route)


def _of_view(path: str, view: Any, described: dict[str, Any]) -> Iterator[str]:
    from seamline.http import Endpoint

    if view is None or not issubclass(view, Endpoint):
        yield f"{path}: is no Endpoint, and so declares nothing"
        return
    for method in (name for name in view.http_method_names if name != "head" and hasattr(view, name)):
        handler, where = getattr(view, method), f"{method.upper()} {path}"
        yield from (f"{where}: {lack}" for attribute, lack in DECLARED.items() if not hasattr(handler, attribute))
        if method not in described:
            yield f"{where}: is not in the document"
        else:
            lacking = sorted(set(_expected(path, handler, described[method])) - described[method]["responses"].keys())
            yield from (f"{where}: documents no {status}" for status in lacking)


def _expected(path: str, handler: Any, described: dict[str, Any]) -> Iterator[str]:
    from seamline.calls.wire import STATUS

    content = described.get("requestBody", {}).get("content", {})
    yield from ALWAYS
    yield from BODY if content else ()
    yield from ("422",) if "application/json" in content else ()
    yield from ("404", "414") if "{" in path else ()
    yield from ("401",) if described["security"] else ()
    yield from (str(int(STATUS[error.category])) for error in getattr(handler, "raises", ()))


if __name__ == "__main__":
    django.setup()
    if sys.argv[1:]:
        from django.conf import settings

        settings.ROOT_URLCONF = sys.argv[1]
        set_urlconf(sys.argv[1])
    print("\n".join(complaints()))
