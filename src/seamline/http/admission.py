"""Requests of a module whose threads are all taken: which module they are of, and how they are rejected."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from seamline.contract import Rejected
from seamline.http.middleware import module_of
from seamline.http.problems import error_response, too_many
from seamline.http.throttling import Throttled

REJECTED = "seamline.rejected"
"""Where the server says in a request's environment which module it was refused a thread of."""


class Rejection:
    """Django middleware: refuse what the server has no thread for, as one of a module that hangs is refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        module = request.META.get(REJECTED)
        return error_response(Rejected(module=module)) if module else self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """Refuse a page alike whose view found no turn, or was asked too often: the admin's login, for a password."""
        if isinstance(error, Throttled):
            return too_many(error)
        return error_response(error) if isinstance(error, Rejected) else None


def module_at(path: str) -> str:
    """Return the module that an address belongs to; the deployable itself has the rest."""
    try:
        view = resolve(path).func
    except Resolver404:
        return str(settings.SERVICE_NAME)
    return module_of(view) or str(settings.SERVICE_NAME)
