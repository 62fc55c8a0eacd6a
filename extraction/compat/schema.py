"""One peer writes, another reads: what of all that may be written can the reader not take?

The schemas are msgspec's, and its codec is the measure: unlike in JSON Schema, 1.0 is no integer (and a float is always
written so), and a field that the reader does not know is ignored. `jsonschema_rs` compares schemas too, but answers
yes, no or unknown for a whole document, and says neither which field nor what of it; where patterns and open structs
are concerned its answer is mostly unknown.
"""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from extraction.compat.description import TYPES, Schema


class Kind(enum.Enum):
    """In which way a reader and a writer disagree."""

    ABSENT = enum.auto()
    """The reader requires a field that the writer does not know."""
    OPTIONAL = enum.auto()
    """The reader requires a field that the writer has a default for, and so may leave out."""
    UNKNOWN = enum.auto()
    """The writer writes a field that the reader does not know, and ignores."""
    REFUSED = enum.auto()
    """The writer writes a field that the reader does not know, and refuses."""
    STRICTER = enum.auto()
    """The reader refuses fields that it does not know, the writer does not."""
    VALUE = enum.auto()
    """The writer may write a value that the reader refuses."""
    DEFAULT = enum.auto()
    """Both have a default for a field, and not the same."""


class Typed(NamedTuple):
    """A schema, and the types that it refers to by name."""

    schema: Schema
    types: Mapping[str, Schema]


class Problem(NamedTuple):
    """One disagreement."""

    kind: Kind
    path: str
    """The field: `lines[].quantity`; empty for the whole."""
    value: str = ""
    """Which values, in words."""


def problems(writer: Typed, reader: Typed) -> Iterator[Problem]:
    """All that a reader cannot take, or does not see, of what a writer may write."""
    return _Crossing(writer.types, reader.types).value(writer.schema, reader.schema, "", frozenset())


@dataclass(frozen=True)
class _Crossing:
    written: Mapping[str, Schema]
    read: Mapping[str, Schema]

    def value(self, writer: Schema, reader: Schema, path: str, seen: frozenset[tuple[int, int]]) -> Iterator[Problem]:
        ours, theirs = _alternatives(writer, self.written), _alternatives(reader, self.read)
        for one in ours:
            other = _counterpart(one, theirs, lone=len(ours) == len(theirs) == 1)
            if other is None:
                yield Problem(Kind.VALUE, path, _NOUNS.get(one.get("type", ""), "anything"))
            elif (pair := (id(one), id(other))) not in seen:
                if one.get("type") == "object":
                    yield from self._fields(one, other, path, seen | {pair})
                elif one.get("type") == "array":
                    yield from self._items(one, other, path, seen | {pair})
                yield from _values(one, other, path)

    def _fields(self, writer: Schema, reader: Schema, path: str, seen: frozenset[tuple[int, int]]) -> Iterator[Problem]:
        written, read = writer.get("properties", {}), reader.get("properties", {})
        if _strict(reader) and not _strict(writer):
            yield Problem(Kind.STRICTER, path)
        for name in sorted(written.keys() - read.keys()):
            yield Problem(Kind.REFUSED if _strict(reader) else Kind.UNKNOWN, _joined(path, name))
        for name in sorted(read):
            place, required = _joined(path, name), name in reader.get("required", ())
            if name not in written:
                if required:
                    yield Problem(Kind.ABSENT, place)
                continue
            ours, theirs = written[name], read[name]
            if required and name not in writer.get("required", ()):
                yield Problem(Kind.OPTIONAL, place)
            if "default" in ours and "default" in theirs and ours["default"] != theirs["default"]:
                yield Problem(Kind.DEFAULT, place, repr(ours["default"]))
            yield from self.value(ours, theirs, place, seen)

    def _items(self, writer: Schema, reader: Schema, path: str, seen: frozenset[tuple[int, int]]) -> Iterator[Problem]:
        ours, theirs = writer.get("prefixItems", []), reader.get("prefixItems", [])
        if reader.get("uniqueItems") and not writer.get("uniqueItems"):
            yield Problem(Kind.VALUE, path, "a tuple, with its order and repeats")
        elif len(ours) != len(theirs):
            yield Problem(Kind.VALUE, path, f"a tuple of {len(ours)}" if ours else "a tuple of any length")
        for place, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            yield from self.value(one, other, f"{path}[{place}]", seen)
        if isinstance(writer.get("items"), dict) and isinstance(reader.get("items"), dict):
            yield from self.value(writer["items"], reader["items"], f"{path}[]", seen)


def _alternatives(schema: Schema, types: Mapping[str, Schema]) -> list[Schema]:
    """What a value may be: the members of a union, each of one JSON type."""
    if "$ref" in schema:
        return _alternatives(types[schema["$ref"].removeprefix(TYPES)], types)
    if "anyOf" in schema:
        return [found for inner in schema["anyOf"] for found in _alternatives(inner, types)]
    if "enum" in schema and "type" not in schema:
        members: dict[str, list[Any]] = {}
        for member in schema["enum"]:
            members.setdefault(_JSON_TYPES[type(member)], []).append(member)
        return [{"type": kind} | ({"enum": those} if kind != "null" else {}) for kind, those in members.items()]
    return [schema]


def _counterpart(one: Schema, candidates: list[Schema], lone: bool) -> Schema | None:
    """The alternative that takes values of `one`: a codec tells them apart by JSON type, and structs by their tags."""
    kind = one.get("type")
    same = [other for other in candidates if other.get("type") == kind]
    if kind == "object" and not lone:
        same = [other for other in same if _tags(one).items() >= _tags(other).items()]
    return same[0] if same else None


def _tags(struct: Schema) -> dict[str, Any]:
    properties = struct.get("properties", {}).items()
    return {name: inner["enum"][0] for name, inner in properties if len(inner.get("enum", ())) == 1}


def _values(writer: Schema, reader: Schema, path: str) -> Iterator[Problem]:
    """What the writer's constraints allow and the reader's do not."""
    for keyword, limit in reader.items():
        if keyword not in _STRUCTURE and not _within(keyword, writer, limit):
            yield Problem(Kind.VALUE, path, _words(keyword, writer, limit))
    if "contentEncoding" in writer and "contentEncoding" not in reader:
        yield Problem(Kind.VALUE, path, "bytes")


def _within(keyword: str, writer: Schema, limit: Any) -> bool:
    if keyword not in writer:
        return False
    if keyword == "enum":
        return set(writer["enum"]) <= set(limit)
    if keyword in _LOWER:
        return bool(writer[keyword] >= limit)
    if keyword in _UPPER:
        return bool(writer[keyword] <= limit)
    return bool(writer[keyword] == limit)


def _words(keyword: str, writer: Schema, limit: Any) -> str:
    if keyword == "enum":
        members = sorted(set(writer.get("enum", ())) - set(limit))
        return ", ".join(map(repr, members)) if members else f"other than {', '.join(map(repr, limit))}"
    if keyword in _LOWER | _UPPER:
        return (_LOWER | _UPPER)[keyword].format(limit)
    return f"of {keyword} {writer[keyword]}" if keyword in writer else f"of another {keyword} than {limit}"


def _strict(schema: Schema) -> bool:
    return schema.get("additionalProperties") is False


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


_JSON_TYPES = {str: "string", int: "integer", bool: "boolean", float: "number", type(None): "null"}
_NOUNS = {
    "array": "an array",
    "boolean": "a boolean",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "another struct",
    "string": "a string",
}
_LOWER = {
    "minimum": "less than {}",
    "exclusiveMinimum": "{} or less",
    "minLength": "shorter than {}",
    "minItems": "fewer than {}",
}
_UPPER = {
    "maximum": "more than {}",
    "exclusiveMaximum": "{} or more",
    "maxLength": "longer than {}",
    "maxItems": "more than {} of them",
}
_STRUCTURE = frozenset(
    {"type", "default", "properties", "required", "additionalProperties", "items", "prefixItems", "uniqueItems"}
)
"""Keywords that are compared by other means than as a limit."""
