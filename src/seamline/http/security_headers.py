"""Headers by which a browser is told what a response may do: for all that this deployable answers itself."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from seamline.http.pages import API

POLICY = "Content-Security-Policy"
NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""For the API: what it answers is no page (OWASP REST Security Cheat Sheet, "Security Headers")."""


class SecurityHeaders:
    """Django middleware: say what a page may load, and that nobody keeps what is one user's own.

    A view that says so itself is let be, and so is a module elsewhere: its own deployable has said so.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_api = request.path_info.startswith(API)
        policy = NOTHING if is_api else settings.PAGE_POLICY
        if policy and not response.has_header(POLICY):
            response[POLICY] = policy
        if is_api and "Authorization" in request.headers and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
