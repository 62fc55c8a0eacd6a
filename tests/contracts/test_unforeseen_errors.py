"""An error that nobody foresaw: its cause is for the log, and in development for whoever looks by a browser."""

import json

import pytest
from django.conf import LazySettings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from seamline.http.problems import server_error

BROWSER, PROGRAM = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "application/json"


def failed(accept: str) -> HttpResponse:
    """What is answered to a request that failed."""
    request: HttpRequest = RequestFactory().get("/api/v1/parcels", headers={"Accept": accept})
    try:
        raise LookupError("the parcel fell off the cart")
    except LookupError:
        return server_error(request)


def test_in_development_a_browser_is_shown_the_cause(settings: LazySettings) -> None:
    settings.DEVELOPMENT = True
    page = failed(BROWSER)
    assert page.status_code == 500
    assert "the parcel fell off the cart" in page.content.decode()
    assert "'unsafe-inline'" in page["Content-Security-Policy"], "or its parts would not unfold"


@pytest.mark.parametrize(("development", "accept"), [(False, BROWSER), (True, PROGRAM), (True, "*/*"), (False, "*/*")])
def test_nobody_else_is_told_more_than_that_it_failed(settings: LazySettings, development: bool, accept: str) -> None:
    settings.DEVELOPMENT = development
    told = failed(accept)
    assert (told.status_code, json.loads(told.content)["code"]) == (500, "request.unexpected")
    assert b"cart" not in told.content
