"""What a request's body and its parameters may hold, and what the document says of that."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import pytest
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from structlog.testing import capture_logs

from seamline.contract import ContractError, Value
from seamline.http import Created, Endpoint, OpenBody, document_hooks, endpoint, public, unknown_fields, user
from seamline.http.documentation import document
from seamline.http.schema import StructExtension


class Part(Value):
    """What a whole has several of."""

    name: str
    weight: int = 0


class Round(Value, tag="round"):
    radius: int


class Flat(Value, tag="flat"):
    part: Part


class Thing(Value):
    """A body of all kinds."""

    parts: Annotated[tuple[Part, ...], msgspec.Meta(max_length=5, description="Some.")] = ()
    best: Part | None = None
    shape: Round | Flat | None = None
    rate: float = 0.0
    count: int | None = None


class Notice(OpenBody):
    """What somebody sends who never saw our document."""

    name: str


class Notices(Endpoint):
    @endpoint(access=public, body=Notice, returns=Part)
    def post(self, request: Request, body: Notice) -> Part:
        """Read its name."""
        return Part(body.name)


class Things(Endpoint):
    @endpoint(access=public, body=Thing, returns=Thing)
    def post(self, request: Request, body: Thing) -> Thing:
        """Give it back."""
        return body

    @endpoint(access=public, returns=Part, parameters=(OpenApiParameter("name", str),))
    def get(self, request: Request) -> Part:
        """Name a part."""
        return Part(request.GET.get("name", ""))


def send(body: str) -> HttpResponse:
    request = APIRequestFactory().post("/things", body, content_type="application/json")
    answer: HttpResponse = Things.as_view()(request)
    return answer


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ('{"part": 1}', ["$.part"]),
        ('{"parts": [{"name": "a"}, {"name": "b", "wheight": 1}]}', ["$.parts[1].wheight"]),
        ('{"best": {"name": "a", "x": 1}, "y": 2}', ["$.y", "$.best.x"]),
        ('{"best": null, "shape": null}', []),
        ('{"shape": {"type": "round", "radius": 1}}', []),
        ('{"shape": {"type": "round", "radius": 1, "part": 1}}', ["$.shape.part"]),
        ('{"shape": {"type": "flat", "part": {"name": "a", "z": 1}}}', ["$.shape.part.z"]),
    ],
)
def test_fields_that_nobody_reads_are_refused(body: str, paths: list[str]) -> None:
    answer = send(body)
    assert answer.status_code == (422 if paths else 200), answer.content
    assert [error["path"] for error in json.loads(answer.content).get("errors", ())] == paths


def test_a_body_by_another_document_may_hold_more_and_ours_says_so() -> None:
    body = '{"name": "a", "colour": {"of": 1}}'
    answer = Notices.as_view()(APIRequestFactory().post("/notices", body, content_type="application/json"))
    assert json.loads(answer.content) == {"name": "a", "weight": 0}
    assert StructExtension(Notice).map_serializer(None, "request")["additionalProperties"] is True


def test_who_mistyped_is_told_the_word_and_who_sends_thousands_not_of_each() -> None:
    (error,) = json.loads(send('{"parst": []}').content)["errors"]
    assert error["message"] == "There is no such field; did you mean parts?"
    many = json.loads(send(json.dumps({"x" * 1000 + str(number): 1 for number in range(500)})).content)["errors"]
    assert len(many) == unknown_fields.MAX_NAMED
    assert all(len(error["path"]) <= unknown_fields.MAX_NAME_LENGTH + 2 for error in many)


@pytest.mark.parametrize(
    ("body", "status", "count"),
    [
        ('{"count": 2.0}', 200, 2),
        ('{"count": -2e3}', 200, -2000),
        ('{"count": 2.0, "rate": 0.5}', 200, 2),
        ('{"count": 2.5}', 422, None),
        ('{"count": 1e400}', 400, None),
        ('{"count": 9007199254740994.0}', 422, None),
    ],
)
def test_an_integer_is_one_however_it_is_written(body: str, status: int, count: int | None) -> None:
    answer = send(body)
    assert answer.status_code == status, answer.content
    assert json.loads(answer.content).get("count") == count


def test_a_parameter_is_given_once() -> None:
    answer = Things.as_view()(APIRequestFactory().get("/things?name=a&name=b"))
    assert (answer.status_code, json.loads(answer.content)["errors"][0]["path"]) == (422, "name")
    assert Things.as_view()(APIRequestFactory().get("/things?name=a")).status_code == 200


class Lost(ContractError):
    """It is lost."""


class Loses(Endpoint):
    @endpoint(access=public, returns=Part)
    def get(self, request: Request) -> Part:
        """Lose it."""
        raise Lost

    @endpoint(access=public, returns=Part, raises=(Lost,))
    def delete(self, request: Request) -> Part:
        """Lose it, as was to be expected."""
        raise Lost


@pytest.mark.parametrize(("method", "logged"), [("get", ["undeclared_error"]), ("delete", [])])
def test_an_error_that_nobody_declared_is_answered_and_logged(method: str, logged: list[str]) -> None:
    with capture_logs() as logs:
        answer = Loses.as_view()(getattr(APIRequestFactory(), method)("/loses"))
    assert (answer.status_code, json.loads(answer.content)["code"]) == (409, Lost.code)
    assert [entry["event"] for entry in logs] == logged


def made(self: Any, request: Request, body: Thing, thing: str) -> Created:
    """Make one."""
    raise NotImplementedError


def statuses(**said: Any) -> Iterator[int]:
    declared = {"access": public, "body": None, "returns": Part, "statuses": (200,), "raises": (), "parameters": ()}
    for status in document(made, **{**declared, "idempotent": False, **said})["responses"]:
        yield status if isinstance(status, int) else status[0]


@pytest.mark.parametrize(
    ("said", "also"),
    [
        ({}, set()),
        ({"in_path": ("thing",)}, {404, 414}),
        ({"parameters": (OpenApiParameter("name", str),)}, {414, 422}),
        ({"body": Thing}, {408, 413, 415, 422}),
        ({"access": user}, {401}),
        ({"idempotent": True}, {409, 422}),
        ({"raises": (Lost,)}, {409}),
    ],
)
def test_an_endpoint_documents_what_follows_from_what_it_takes(said: dict[str, Any], also: set[int]) -> None:
    assert set(statuses(**said)) == {200, 400, 429, 503} | also


def test_a_type_that_is_sent_and_answered_is_told_apart() -> None:
    def refer(name: str) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}

    part = {"type": "object", "properties": {"kind": {"$ref": "#/components/schemas/Kind"}}}
    described = {
        "paths": {"/a": {"post": {"requestBody": refer("Part"), "responses": {"200": refer("Part")}}}},
        "components": {"schemas": {"Part": part, "Kind": {"enum": ["a"]}}},
    }
    document_hooks.close_bodies(described)
    operation, schemas = described["paths"]["/a"]["post"], described["components"]["schemas"]
    assert operation["requestBody"] == refer("PartRequest") | {"required": True}
    assert operation["responses"]["200"] == refer("Part")
    assert schemas["PartRequest"]["additionalProperties"] is False
    assert schemas["Part"] == {"type": "object", "properties": {"kind": {"$ref": "#/components/schemas/Kind"}}}
    assert schemas.keys() == {"Part", "PartRequest", "Kind"}
