"""`python -m extraction.compat.describe ROOT`: what the contract files in a folder declare, as JSON.

Contracts are imported here, not read, so always in a process of its own: two trees can be compared whose packages have
the same names. They import nothing but the standard library, msgspec and the contract language.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from extraction.compat.description import TYPES, ContractFile, Description, Error, Event, Operation, Schema, Version

PROSE = frozenset({"title", "description", "examples", "discriminator"})
"""Keywords that say nothing to a codec; a discriminator repeats what the tags of its alternatives say."""


class Ambiguous(Exception):
    """Two classes claim the same name on the wire."""


def describe(root: Path) -> Description:
    """What the tree's contract files declare. Those that declare only types are left out."""
    sys.path[:0] = [str(root), str(root / "src")]
    language = importlib.import_module("seamline.contract")
    package = importlib.import_module("contracts")
    found = {"language": _language(language)}
    for info in pkgutil.iter_modules(package.__path__):
        if info.name not in found:
            described = _file(importlib.import_module(f"contracts.{info.name}"), language)
            if not described.is_empty:
                found[info.name] = described
    return found


class Types:
    """Schemas of types; the named ones are collected."""

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}

    def schema(self, annotation: Any) -> Schema:
        """A type's schema, referring to the named ones."""
        (schema,), named = msgspec.json.schema_components([annotation], ref_template=TYPES + "{name}")
        return self._collected(schema, named)

    def fields(self, struct: type[msgspec.Struct]) -> Schema:
        """A struct's own schema, in place."""
        (reference,), named = msgspec.json.schema_components([struct], ref_template=TYPES + "{name}")
        return self._collected(named.pop(reference["$ref"].removeprefix(TYPES)), named)

    def _collected(self, schema: Schema, named: dict[str, Schema]) -> Schema:
        for name, inner in named.items():
            if self.named.setdefault(name, bare(inner)) != bare(inner):
                raise Ambiguous(f"two types of one contract file are called {name}; rename one")
        return bare(schema)


def bare(schema: Schema) -> Schema:
    """A schema without prose, so that a better description is no change; fields of such names stay."""
    kept: Schema = {}
    for keyword, value in schema.items():
        if keyword == "properties":
            kept[keyword] = {name: bare(inner) for name, inner in value.items()}
        elif keyword in ("anyOf", "prefixItems"):
            kept[keyword] = [bare(inner) for inner in value]
        elif keyword == "items" and isinstance(value, dict):
            kept[keyword] = bare(value)
        elif keyword == "required":
            kept[keyword] = sorted(value)
        elif keyword not in PROSE:
            kept[keyword] = value
    return kept


def _file(module: ModuleType, language: Any) -> ContractFile:
    types = Types()
    everywhere = {error.code for error in _everywhere()}
    contracts: dict[str, Version] = {}
    errors: dict[str, Error] = {}
    for name, contract in _find_declared(module, language.Contract, "address"):
        operations = {}
        for operation in contract.operations.values():
            declared = {code: error for code, error in operation.errors.items() if code not in everywhere}
            errors |= {code: _error(error, types) for code, error in declared.items()}
            operations[operation.name] = _operation(operation, sorted(declared), types)
        contracts[contract.address] = Version(operations, name)
    events = {
        event.event_name: Event(event.key_field, types.fields(event), name)
        for name, event in _find_declared(module, language.Event, "event_name")
    }
    return ContractFile(contracts, errors, events, types=types.named)


def _language(language: Any) -> ContractFile:
    types = Types()
    errors = {error.code: _error(error, types) for error in _everywhere()}
    return ContractFile(errors=errors, everywhere=tuple(sorted(errors)), types=types.named)


def _everywhere() -> tuple[Any, ...]:
    found: tuple[Any, ...] = importlib.import_module("seamline.contract.errors").EVERYWHERE
    return found


def _find_declared(module: ModuleType, base: type, identity: str) -> Iterator[tuple[str, Any]]:
    """Subclasses of `base` that the module declares, each once, with the dotted name it is imported by."""
    seen: dict[str, Any] = {}
    for attribute, value in sorted(vars(module).items()):
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__:
            known = seen.setdefault(getattr(value, identity), value)
            if known is not value:
                raise Ambiguous(f"{known.__name__} and {attribute} are both {getattr(value, identity)}")
            yield f"{module.__name__}.{attribute}", value


def _operation(operation: Any, errors: list[str], types: Types) -> Operation:
    return Operation(
        kind=str(operation.kind),
        needs_key=operation.needs_key,
        timeout=float(operation.timeout),
        arguments=types.fields(operation.arguments),
        answer=types.schema(operation.returns),
        errors=tuple(errors),
    )


def _error(error: Any, types: Types) -> Error:
    return Error(str(error.category), types.fields(error.Payload))


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(describe(Path(sys.argv[1]))))
