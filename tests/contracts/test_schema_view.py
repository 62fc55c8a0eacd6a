"""The OpenAPI document: made once, kept by its readers, and read by every language's regular expressions."""

import gzip
import inspect
import json
import re
import re._parser as regular_expressions
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from django.http import HttpResponse
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from contracts.depots import Depot
from seamline.http import schema_view

JSON = "application/vnd.oai.openapi+json"
ELSEWHERE_TOO = {
    "AT",
    "ANY",
    "BRANCH",
    "CATEGORY",
    "IN",
    "LITERAL",
    "MAX_REPEAT",
    "MIN_REPEAT",
    "NOT_LITERAL",
    "RANGE",
    "SUBPATTERN",
}
"""Parts of Python's regular expressions that ECMA-262, RE2 and Rust's have too: no looking around, no going back."""


@pytest.fixture(autouse=True)
def made_anew() -> None:
    schema_view._schema.clear()
    schema_view._documents.clear()


def ask(**headers: str) -> HttpResponse:
    response: HttpResponse = Client(headers={"Accept": JSON, **headers}).get("/api/schema")  # type: ignore[assignment]
    return response


def test_its_descriptions_are_the_same_under_each_python() -> None:
    """Python itself takes indentation out of docstrings from 3.13 on."""
    schemas = json.loads(ask().content)["components"]["schemas"]
    told = {name: schema["description"] for name, schema in schemas.items() if "description" in schema}
    assert any("\n" in text for text in told.values())
    assert [name for name, text in told.items() if text != inspect.cleandoc(text)] == []


def test_it_is_made_once_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    original = SchemaGenerator.get_schema

    def get_schema(*args: Any, **kwargs: Any) -> Any:
        made.append(args)
        return original(*args, **kwargs)

    monkeypatch.setattr(SchemaGenerator, "get_schema", get_schema)
    kinds = (JSON, f"{JSON}; indent=1", "application/yaml", "application/json") * 2
    with ThreadPoolExecutor(8) as readers:
        answers = list(readers.map(lambda kind: ask(Accept=kind), kinds))
    assert {answer.status_code for answer in answers} == {200}
    assert len(made) == 1
    assert len({answer.content for answer in answers}) == 2, "indented as we like, and as YAML"


def test_who_has_it_is_told_so() -> None:
    first = ask()
    etag = first["ETag"]
    assert re.fullmatch(r'"[0-9a-f-]+"', etag), "a strong one"
    again = ask(**{"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert ask(**{"If-None-Match": '"another"'}).status_code == 200
    assert ask(Accept="application/yaml", **{"If-None-Match": etag}).status_code == 200


def test_it_comes_zipped_to_who_asks_for_that() -> None:
    plain, zipped = ask(), ask(**{"Accept-Encoding": "br, gzip"})
    assert zipped["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == plain.content
    assert len(zipped.content) < len(plain.content) / 5
    assert zipped["ETag"] != plain["ETag"]
    assert {"accept", "accept-encoding"} <= {name.strip().lower() for name in plain["Vary"].split(",")}


@pytest.fixture
def patterns() -> set[str]:
    return set(_patterns(json.loads(ask().content)))


def _patterns(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for name, value in document.items():
            if name == "pattern" and isinstance(value, str):
                yield value
            else:
                yield from _patterns(value)
    elif isinstance(document, list):
        for value in document:
            yield from _patterns(value)


def test_its_patterns_are_read_by_other_languages(patterns: set[str]) -> None:
    assert patterns
    for pattern in patterns:
        assert not re.search(r"\\[AZz]|\(\?", pattern), pattern
        assert {str(name) for name, _ in regular_expressions.parse(pattern)} <= ELSEWHERE_TOO, pattern


def test_our_own_check_refuses_a_newline_at_the_end_all_the_same(patterns: set[str]) -> None:
    assert any(pattern.endswith("$") for pattern in patterns)
    assert msgspec.convert("north", Depot) == "north"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert("north\n", Depot)
