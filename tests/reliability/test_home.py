"""The page at `/`: what a deployable is, and where to go from there."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from seamline import __version__

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
FOR_STRANGERS = ["/api/docs", "/api/redoc", "/api/schema", "/admin/", "/map"]
LINK = re.compile(r'<a href="([^"]+)"')


def page(client: Client | None = None) -> str:
    answer = (client or Client()).get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_user(f"operator-{uuid4().hex[:8]}", is_staff=True))
    return client


def test_it_leads_to_all_there_is_and_nowhere_else() -> None:
    found = LINK.findall(page())
    assert found == [*FOR_STRANGERS, "/health", "/metrics"]
    for link in found:
        answer = operator().get(link, follow=True)
        assert answer.status_code == 200, link


def test_it_says_which_modules_there_are_and_where() -> None:
    shown = page()
    assert re.search(r"<th scope=\"row\">parcels</th><td>What is sent.</td><td>here</td>", shown)
    assert __version__ in shown


def test_strangers_are_told_nothing_of_the_inside_in_production(settings: Any) -> None:
    settings.DEVELOPMENT = False
    shown = page()
    assert LINK.findall(shown) == FOR_STRANGERS
    for inside in (__version__, "parcels", "/health", "/metrics"):
        assert inside not in shown
    user = Client()
    user.force_login(User.objects.create_user("no-operator"))
    assert page(user) == shown
    assert __version__ in page(operator())


@pytest.mark.parametrize("path", ["/", "/map", "/map.json"])
def test_the_pages_are_only_read_and_kept_by_nobody(path: str) -> None:
    assert operator().post(path).status_code == 405
    assert "no-store" in operator().get(path).headers["Cache-Control"]
