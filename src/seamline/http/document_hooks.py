"""What the OpenAPI document says everywhere, whatever an endpoint declares: postprocessing hooks of drf-spectacular."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Json = dict[str, Any]
_COMPONENT = "#/components/schemas/"
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def say_who_is_public(result: Json, *_: object, **__: object) -> Json:
    """Say of an operation for everybody that it is: without `security`, a document leaves that to be guessed."""
    for operation in _operations(result):
        if operation.get("security") in (None, [{}]):
            operation["security"] = []
    return result


def close_bodies(result: Json, *_: object, **__: object) -> Json:
    """Say that bodies have the fields that are named, and no others.

    What responses are made of stays open: they may gain fields. A type that is in both is told apart.
    """
    schemas: Json = result.get("components", {}).get("schemas", {})
    sent = _reachable(schemas, [operation.get("requestBody") for operation in _operations(result)])
    answered = _reachable(schemas, [operation.get("responses") for operation in _operations(result)])
    objects = {name for name in sent if schemas[name].get("type") == "object"}
    renamed = {name: _free_name(f"{name}Request", schemas) for name in sorted(objects & answered)}
    closed = {renamed.get(name, name): _refer(deepcopy(schemas[name]), renamed) for name in sent}
    for schema in closed.values():
        if schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
            for field in schema.get("properties", {}).values():
                _word_default(field)
    for operation in _operations(result):
        if body := operation.get("requestBody"):
            _refer(body, renamed)["required"] = True
    if schemas:
        result["components"]["schemas"] = dict(sorted({**schemas, **closed}.items()))
    return result


def _word_default(field: Json) -> None:
    """Say a default in words: TypeScript's generator has a field with one sent always, as it is in responses."""
    if (default := field.pop("default", None)) is not None:
        said = f"`{json.dumps(default, ensure_ascii=False)}` unless given."
        field["description"] = f"{field['description']} {said}" if "description" in field else said


def _operations(result: Json) -> Iterator[Json]:
    for item in result["paths"].values():
        yield from (operation for method, operation in item.items() if method in _METHODS)


def _reachable(schemas: Json, roots: list[Any]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        names = {name for reference in _references(waiting.pop()) if (name := reference.removeprefix(_COMPONENT))}
        waiting += [schemas[name] for name in names - found if name in schemas]
        found |= names & schemas.keys()
    return found


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(reference := part.get("$ref"), str):
            yield reference
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _refer(part: Any, renamed: dict[str, str]) -> Any:
    """Let references follow their renamed targets, in place."""
    if isinstance(part, dict):
        if isinstance(reference := part.get("$ref"), str):
            name = reference.removeprefix(_COMPONENT)
            part["$ref"] = _COMPONENT + renamed.get(name, name) if reference.startswith(_COMPONENT) else reference
        for value in part.values():
            _refer(value, renamed)
    elif isinstance(part, list):
        for value in part:
            _refer(value, renamed)
    return part


def _free_name(name: str, schemas: Json) -> str:
    while name in schemas:
        name += "_"
    return name
