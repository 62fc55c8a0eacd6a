from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


class TooHot(Exception):
    """A gadget is switched off before it burns."""


class Stamp:
    """Say on every response of a gadget that it is one, and what became of its view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["X-Gadget"] = request.META.get("gadget", "not asked")
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        request.META["gadget"] = "asked"

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return HttpResponse("switched off", status=503) if isinstance(error, TooHot) else None
