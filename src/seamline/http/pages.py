"""Django's middleware for pages: sessions, logins, forms. The API does without, it goes by tokens alone."""

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.deprecation import MiddlewareMixin

API = "/api/v1/"


class _ForPages(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(API):
            return self.get_response(request)  # type: ignore[return-value]
        return super().__call__(request)  # type: ignore[return-value]


class Sessions(_ForPages, SessionMiddleware):
    """Django's, but for the API."""


class Forms(_ForPages, CsrfViewMiddleware):
    """Django's, but for the API."""


class Logins(_ForPages, AuthenticationMiddleware):
    """Django's, but for the API."""


class Messages(_ForPages, MessageMiddleware):
    """Django's, but for the API."""


class Frames(_ForPages, XFrameOptionsMiddleware):
    """Django's, but for the API."""
