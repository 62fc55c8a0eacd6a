"""What responses tell browsers, in development and in production."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.packaging import production
from tests.processes import Deployable, Yard
from tests.system.office import EMAIL, PASSWORD
from tests.tools import require_tool

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
BROWSER = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="module")
def served(the_yard: Yard, the_system: Path) -> Iterator[Deployable]:
    with the_yard.deployable("headers", the_system) as deployable:
        yield deployable.start()
        deployable.stop()


@pytest.mark.parametrize("path", ["/api/v1/parcels", "/api/docs", "/health", "/api/v1/nowhere", "/_contracts/x"])
def test_no_response_says_which_program_answers(served: Deployable, path: str) -> None:
    assert "server" not in {name.lower() for name in served.client.page(path).headers}


def test_the_api_is_no_page(served: Deployable) -> None:
    answer = served.client.get("/parcels")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "Cache-Control" not in answer.headers


def test_nobody_keeps_what_is_answered_to_a_token(served: Deployable) -> None:
    token = served.client.post("/notes/token", {"email": EMAIL, "password": PASSWORD}).expect(200)["access"]
    assert served.client.bearing(token).get("/parcels").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/api/docs", "/admin/login/"])
def test_a_page_runs_no_script_but_ours(served: Deployable, path: str) -> None:
    policy = served.client.page(path).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; ")
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(("path", "shows"), [("/api/docs", "post_parcels"), ("/api/redoc", "Send a parcel")])
def test_a_browser_refuses_nothing_of_our_own_pages(served: Deployable, path: str, shows: str, tmp_path: Path) -> None:
    chromium = require_tool("chromium", "chromium-browser", "google-chrome")
    command = [chromium, *BROWSER, "--enable-logging=stderr", "--v=0", "--virtual-time-budget=15000"]
    done = subprocess.run(
        [*command, f"--user-data-dir={tmp_path}", "--dump-dom", served.url + path], capture_output=True, text=True
    )
    # Redoc asks its maker for a picture; a browser does not let it any more.
    refused = [line for line in done.stderr.splitlines() if "Content Security Policy" in line]
    assert [line for line in refused if "cdn.redoc.ly" not in line] == []
    assert shows in done.stdout


def test_https_is_asked_for_again_in_production(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    secure = Client().get("/api/v1/nowhere", secure=True)
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Strict-Transport-Security" not in Client().get("/api/v1/nowhere").headers


def test_production_answers_to_names_that_it_was_told() -> None:
    refused = production.refusal(**production.settings() | {"ALLOWED_HOSTS": "*"})
    assert "ALLOWED_HOSTS is '*': it has to be the names that clients ask for" in refused
