"""Fields of a request's body that nobody reads: refused, for whoever sent one meant something by it.

Contracts are tolerant, so that versions meet; the API's bodies, whose senders read its document, are not, and neither
are the contracts' types inside them.
"""

import difflib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from seamline.contract import Value
from seamline.http.problems import FieldError

MAX_NAMED = 20
"""Of the unknown fields of one body, those that its sender is told of."""
MAX_NAME_LENGTH = 40
Find = Callable[[Any, str], Iterator[FieldError]]


class OpenBody(Value):
    """Base of a body, or of a part of one, whose sender follows a document of its own: what is not read is ignored."""


def find(body: type[msgspec.Struct], value: Any) -> Iterator[FieldError]:
    """Find the fields in `value`, decoded JSON that fits `body`, that `body` has not."""
    return _of_struct(body)(value, "$")


def _nothing(value: Any, path: str) -> Iterator[FieldError]:
    return iter(())


def _of_type(kind: inspect.Type) -> Find:
    match kind:
        case inspect.Metadata(type=inner):
            return _of_type(inner)
        case inspect.StructType(cls=cls, array_like=False):
            return lambda value, path: _of_struct(cls)(value, path)  # which may contain itself
        case inspect.VarTupleType(item_type=item) | inspect.FrozenSetType(item_type=item):
            return _of_items(_of_type(item))
        case inspect.UnionType(types=types):
            return _of_union([part for part in types if not isinstance(part, inspect.NoneType)])
    return _nothing


def _of_items(find_in: Find) -> Find:
    if find_in is _nothing:
        return _nothing

    def of_items(value: Any, path: str) -> Iterator[FieldError]:
        for index, item in enumerate(value):
            yield from find_in(item, f"{path}[{index}]")

    return of_items


def _of_union(types: list[inspect.Type]) -> Find:
    structs = {part.tag: _of_type(part) for part in types if isinstance(part, inspect.StructType)}
    if not structs:
        return _of_type(types[0]) if len(types) == 1 else _nothing
    fields = {part.tag_field for part in types if isinstance(part, inspect.StructType)}

    def of_union(value: Any, path: str) -> Iterator[FieldError]:
        if isinstance(value, dict):
            tag = next((value[field] for field in fields if field in value), None)
            yield from structs.get(tag, structs.get(None, _nothing))(value, path)

    return of_union


@cache
def _of_struct(cls: type[msgspec.Struct]) -> Find:
    kind = inspect.type_info(cls)
    assert isinstance(kind, inspect.StructType)  # noqa: S101  for mypy  # nosec B101
    if issubclass(cls, OpenBody):
        return _nothing
    known = {field.encode_name: _of_type(field.type) for field in kind.fields}
    inner = {name: find_in for name, find_in in known.items() if find_in is not _nothing}
    names = frozenset(known) | ({kind.tag_field} if kind.tag_field else set())

    def of_struct(value: Any, path: str) -> Iterator[FieldError]:
        if not isinstance(value, dict):
            return
        for name in value:
            if name not in names:
                yield FieldError(f"{path}.{name[:MAX_NAME_LENGTH]}", _advise(name, sorted(known)))
        for name, find_in in inner.items():
            if name in value:
                yield from find_in(value[name], f"{path}.{name}")

    return of_struct


def _advise(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1) if len(name) <= MAX_NAME_LENGTH else []
    return f"There is no such field; did you mean {near[0]}?" if near else "There is no such field"
