"""Pages elsewhere may use the API from a browser where they are named, and nowhere else."""

import pytest
from django.conf import LazySettings
from django.test import Client

PAGE = "https://www.example.com"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}


@pytest.fixture
def browser(settings: LazySettings) -> Client:
    settings.CORS_ALLOWED_ORIGINS = [PAGE]
    return Client()


def test_a_page_that_is_named_may_ask_with_a_token_and_a_key(browser: Client) -> None:
    asked = browser.options("/api/v1/parcels", headers={"Origin": PAGE, **PREFLIGHT})
    assert asked.status_code == 200
    assert asked["Access-Control-Allow-Origin"] == PAGE
    assert {"authorization", "idempotency-key"} <= {*asked["Access-Control-Allow-Headers"].split(", ")}
    assert "Access-Control-Allow-Credentials" not in asked, "no cookie opens the API"
    refused = browser.get("/api/v1/nowhere", headers={"Origin": PAGE})
    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (404, PAGE), "errors can be read too"
    assert "Retry-After" in refused["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("path", ["/api/v1/parcels", "/health/live", "/admin/"])
def test_nobody_else_may(browser: Client, path: str) -> None:
    for origin in ("https://evil.example.com", f"{PAGE}.evil.example.com", "null"):
        assert "Access-Control-Allow-Origin" not in browser.options(path, headers={"Origin": origin, **PREFLIGHT})
    if not path.startswith("/api/"):
        assert "Access-Control-Allow-Origin" not in browser.options(path, headers={"Origin": PAGE, **PREFLIGHT})


def test_unless_somebody_is_named_nobody_may(settings: LazySettings) -> None:
    assert settings.CORS_ALLOWED_ORIGINS == []
