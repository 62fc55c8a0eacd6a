"""drf-spectacular extensions: contract structs as schema components, the bearer token as security scheme, tags."""

import inspect
from typing import Any, cast

import msgspec
from django.urls import NoReverseMatch, reverse
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from seamline.http import provided_tokens
from seamline.http.unknown_fields import OpenBody
from seamline.module import owner

_REFERENCE = "#/components/schemas/{name}"


class StructExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """A `msgspec.Struct` where a serializer is expected."""

    target_class = msgspec.Struct
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: str) -> str:
        return component_name(self.target)

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        (_,), components = msgspec.json.schema_components((self.target,), ref_template=_REFERENCE)
        for schema in components.values():
            if "description" in schema:
                # A docstring, which Python itself dents less from 3.13 on: a document must not depend on that.
                schema["description"] = inspect.cleandoc(schema["description"])
        own = component_name(self.target)
        structs = {component_name(struct): struct for struct in _structs_in(self.target)}
        for name, schema in components.items():
            if issubclass(structs.get(name, object), OpenBody):
                schema["additionalProperties"] = True
            if name != own:
                part = structs.get(name, name)
                component = ResolvedComponent(name, ResolvedComponent.SCHEMA, object=part, schema=schema)  # type: ignore[no-untyped-call]
                auto_schema.registry.register_on_missing(component)
        return cast(dict[str, Any], components[own])


class ModuleSchema(AutoSchema):
    """The description of a view, which stands under the module that the view's class is of. DRF's schema class."""

    def get_tags(self) -> list[str]:
        module = owner(type(self.view).__module__)
        return [module] if module else super().get_tags()


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Users' access tokens, and how they are had where this API's document can say it."""

    target_class = "seamline.http.access.BearerAuthentication"

    @property
    def name(self) -> list[str]:  # type: ignore[override]
        """Name the schemes: one is as good as another."""
        return [*_schemes()]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        return [{name: []} for name in _schemes()]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return [*_schemes().values()]


def _schemes() -> dict[str, dict[str, Any]]:
    schemes: dict[str, dict[str, Any]] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    if address := _token_address():
        schemes["password"] = {"type": "oauth2", "flows": {"password": {"tokenUrl": address, "scopes": {}}}}
    if known := provided_tokens.provider():
        schemes["openid"] = {"type": "openIdConnect", "openIdConnectUrl": known.discovery_url}
    return schemes


def _token_address() -> str | None:
    """Find where a form is exchanged for a token, if one of the modules here does that."""
    try:
        return reverse("oauth2-token")
    except NoReverseMatch:
        return None


_NO_NEWLINE = r"$(?!\n)"
"""How a pattern of ours ends. In Python alone `$` comes before a newline too; elsewhere it says the same by itself."""


def portable_patterns(result: Any, *_: object, **__: object) -> Any:
    """Write patterns as ECMA-262, RE2 and Rust's engine read them: a postprocessing hook of drf-spectacular."""
    if isinstance(result, dict):
        for name, value in result.items():
            is_pattern = name == "pattern" and isinstance(value, str)
            result[name] = value.replace(_NO_NEWLINE, "$") if is_pattern else portable_patterns(value)
    elif isinstance(result, list):
        result[:] = map(portable_patterns, result)
    return result


def _structs_in(struct: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    found: set[type[msgspec.Struct]] = set()
    waiting = [msgspec.inspect.type_info(struct)]
    while waiting:
        match waiting.pop():
            case msgspec.inspect.StructType(cls=cls, fields=fields) if cls not in found:
                found.add(cls)
                waiting += [field.type for field in fields]
            case msgspec.inspect.Metadata(type=inner):
                waiting.append(inner)
            case msgspec.inspect.VarTupleType(item_type=item):
                waiting.append(item)
            case msgspec.inspect.UnionType(types=types):
                waiting += types
    return found


def component_name(struct: type) -> str:
    """Name a struct's schema, as msgspec refers to it."""
    (reference,), _ = msgspec.json.schema_components((struct,), ref_template="{name}")
    return str(reference["$ref"])
