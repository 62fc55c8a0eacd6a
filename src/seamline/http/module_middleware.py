"""A module's own middleware and context processors: for its own views, so that they do the same in every deployable."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, cast

from django.core.exceptions import MiddlewareNotUsed
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import ResolverMatch
from django.utils.module_loading import import_string

from seamline.http.gateway import pass_on_moved
from seamline.http.middleware import GetResponse, module_of
from seamline.module import active


class ModuleMiddleware:
    """Django middleware: have a view's module wrap it. It is the last, so that nothing is between the two."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_: object) -> HttpResponseBase | None:
        names = _manifest_field(view, "middleware")
        return _chain(names)(request) if names else None


def add_module_context(request: HttpRequest) -> dict[str, Any]:
    """Add what the context processors of the module say whose view answers. Itself, it is a context processor."""
    match = request.resolver_match
    context: dict[str, Any] = {}
    for name in _manifest_field(match.func, "context_processors") if match else ():
        context |= import_string(name)(request)
    return context


class _Chain:
    """Middleware around a view, as Django's handler has it: in order on the way in, in reverse on the way out."""

    def __init__(self, names: Iterable[str]) -> None:
        self._hooks: dict[str, list[Callable[..., HttpResponseBase | None]]] = {}
        # What goes wrong inside is a response to whoever is outside.
        self._handle = _guard(self._answer)
        for name in reversed(tuple(names)):
            try:
                middleware = import_string(name)(self._handle)
            except MiddlewareNotUsed:
                continue
            self._handle = _guard(middleware)
            for hook in ("process_view", "process_template_response", "process_exception"):
                if hasattr(middleware, hook):
                    self._hooks.setdefault(hook, []).append(getattr(middleware, hook))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._handle(request)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self._render(request, self._view(request))
        except Exception as error:
            for hook in self._hooks.get("process_exception", ()):
                if (response := hook(request, error)) is not None:
                    return response
            if (response := pass_on_moved(request, error)) is not None:
                return response
            raise

    def _view(self, request: HttpRequest) -> HttpResponseBase:
        match = cast(ResolverMatch, request.resolver_match)  # it was found before anybody came here
        for hook in reversed(self._hooks.get("process_view", ())):
            response: HttpResponseBase | None = hook(request, match.func, match.args, match.kwargs)
            if response is not None:
                return response
        answer: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return answer

    def _render(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not callable(getattr(response, "render", None)):
            return response
        for hook in self._hooks.get("process_template_response", ()):
            response = hook(request, response) or response
        return cast(SimpleTemplateResponse, response).render()


_chain: Callable[[tuple[str, ...]], _Chain] = cache(_Chain)


def _guard(get_response: GetResponse) -> GetResponse:
    return cast(GetResponse, convert_exception_to_response(get_response))


def _manifest_field(view: Callable[..., object], field: str) -> tuple[str, ...]:
    """Find what the manifest of a view's module has in a field."""
    manifests: Mapping[str, Any] = active()
    module = manifests.get(module_of(view) or "")
    names: tuple[str, ...] = getattr(module, field, ())
    return names
