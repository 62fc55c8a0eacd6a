"""The documentation: complete, valid, and served without help from elsewhere."""

import json
import re
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from seamline.management.commands.serve import PLACES
from tests.client import API, Client

METHODS = {"get", "post", "put", "patch", "delete"}
EXTERNAL = re.compile(r"""(?:src|href)\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+)""", re.I)
LOCAL = re.compile(r"""(?:src|href)\s*=\s*["']?(/[^/"'\s>][^"'\s>]*)""", re.I)


@pytest.fixture(scope="module")
def schema(anonymous: Client) -> dict[str, Any]:
    answer = anonymous.page("/api/schema", Accept="application/vnd.oai.openapi+json")
    schema: dict[str, Any] = answer.expect(200)
    return schema


@pytest.fixture(scope="module")
def operations(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every operation of the API, by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if method in METHODS and path.startswith(API)
    }


def test_the_schema_is_valid_openapi(schema: dict[str, Any]) -> None:
    version = "_".join(schema["openapi"].split(".")[:2])
    grammar = files("drf_spectacular") / "validation" / f"openapi_{version}_schema.json"
    jsonschema.validate(schema, json.loads(grammar.read_text()))


def test_the_schema_refers_to_nothing_that_is_missing(schema: dict[str, Any]) -> None:
    for name in set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(schema))):
        assert name in schema["components"]["schemas"]


def test_the_schema_has_every_endpoint_of_the_shop(operations: dict[str, Any]) -> None:
    named = {re.sub(r"\{[^}]+\}", "{}", operation) for operation in operations}
    assert named >= {
        f"{method} {API}{path}"
        for method, path in (
            ("POST", "/users"),
            ("GET", "/users/me"),
            ("PATCH", "/users/me"),
            ("GET", "/users/{}"),
            ("GET", "/users/{}/points"),
            ("POST", "/auth/token"),
            ("POST", "/auth/token/refresh"),
            ("GET", "/products"),
            ("POST", "/products"),
            ("GET", "/products/{}"),
            ("PATCH", "/products/{}"),
            ("GET", "/stock/{}"),
            ("POST", "/stock/{}/adjustments"),
            ("GET", "/orders"),
            ("POST", "/orders"),
            ("GET", "/orders/{}"),
            ("PATCH", "/orders/{}/status"),
            ("GET", "/payments/{}"),
            ("POST", "/payments/{}/refunds"),
            ("POST", "/payments/callbacks/stripe"),
            ("POST", "/payments/callbacks/{}"),
            ("GET", "/notifications"),
        )
    }


def test_every_operation_says_what_it_is(operations: dict[str, Any]) -> None:
    for name, operation in operations.items():
        assert operation["tags"], name
        assert operation["summary"], name
        assert operation["operationId"], name


def test_no_two_operations_share_an_id(operations: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in operations.values()]
    assert len(set(ids)) == len(ids)


OAUTH2 = "POST /api/v1/auth/oauth2/token"
"""Its form and its errors are as RFC 6749 has them."""


def test_every_answer_has_a_type(operations: dict[str, Any]) -> None:
    for name, operation in operations.items():
        assert any(status.startswith("2") for status in operation["responses"]), name
        for status, response in operation["responses"].items():
            if status != "204":
                assert all("schema" in content for content in response["content"].values()), (name, status)
            if status >= "4":
                own = {"application/json"} if (name, status) == (OAUTH2, "400") else set()
                assert response["content"].keys() == {"application/problem+json"} | own, (name, status)


def test_every_body_has_a_type(operations: dict[str, Any]) -> None:
    for name, operation in operations.items():
        if name.startswith(("POST", "PATCH")):
            body = "application/x-www-form-urlencoded" if name == OAUTH2 else "application/json"
            assert "schema" in operation["requestBody"]["content"][body], name


def test_every_operation_says_who_may_use_it(operations: dict[str, Any], anonymous: Client) -> None:
    for name, operation in operations.items():
        security = operation["security"]
        assert security in ([], [{"bearer": []}], [{"bearer": []}, {"password": []}]), (name, security)
        if {"bearer": []} in security:
            assert "401" in operation["responses"], name


def test_what_the_schema_calls_protected_is(operations: dict[str, Any], anonymous: Client) -> None:
    for name, operation in operations.items():
        method, path = re.sub(r"\{[^}]+\}", "00000000-0000-4000-8000-000000000000", name).split()
        body = b"{}" if method in ("POST", "PATCH") else None
        answer = anonymous.send(method, path.removeprefix(API), body, {"Content-Type": "application/json"})
        protected = {"bearer": []} in operation.get("security", [])
        # A callback is protected too, but by its signature.
        assert (answer.status == 401) == protected or "callbacks" in path, str(answer)


@pytest.mark.parametrize("page", ["/api/docs", "/api/redoc"])
def test_the_pages_need_nothing_from_elsewhere(anonymous: Client, page: str) -> None:
    html = anonymous.page(page)
    assert html.status == 200, str(html)
    assert html.headers["Content-Type"].startswith("text/html")
    assert EXTERNAL.findall(html.text) == []
    assets = LOCAL.findall(html.text)
    assert assets
    for asset in assets:
        assert anonymous.page(asset).status == 200, asset


@pytest.mark.parametrize("page", ["/api/docs", "/api/redoc", "/api/schema"])
def test_the_pages_are_there_to_be_read(anonymous: Client, page: str) -> None:
    anonymous.send("OPTIONS", anonymous.base_url + page).refused(405)


@pytest.mark.parametrize("link", ["/", *PLACES.values()])
def test_what_is_announced_at_the_start_is_there(anonymous: Client, link: str) -> None:
    answer = anonymous.page(link)
    while answer.status in (301, 302):
        answer = anonymous.page(answer.headers["Location"])
    assert answer.status == 200, str(answer)


def test_the_schema_comes_as_yaml_and_as_json(anonymous: Client) -> None:
    assert anonymous.page("/api/schema").text.startswith("openapi: ")
    assert anonymous.page("/api/schema?format=json").expect(200)["openapi"].startswith("3.")
