"""Addresses of endpoints that declare too little, beside those of the shop."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from seamline.contract import Value
from seamline.http import Endpoint, endpoint, public, user
from seamline.runtime.urls import urlpatterns as served


class Thing(Value):
    name: str


class QuietView(Endpoint):
    @extend_schema(responses={200: Thing})
    @endpoint(access=user, returns=Thing)
    def get(self, request: Request, thing: str) -> Thing:
        """Say nothing of errors."""
        return Thing(thing)


class HiddenView(Endpoint):
    @extend_schema(exclude=True)
    @endpoint(access=public, returns=Thing)
    def get(self, request: Request) -> Thing:
        """Stand in no document."""
        return Thing("hidden")


class BareView(Endpoint):
    pass


def get(self: Endpoint, request: Request) -> HttpResponse:
    return HttpResponse()


BareView.get = get  # type: ignore[attr-defined]


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    *served,
    path("api/v1/plain", plain),
    path("api/v1/quiet/<str:thing>", QuietView.as_view()),
    path("api/v1/hidden", HiddenView.as_view()),
    path("api/v1/bare", BareView.as_view()),
]
