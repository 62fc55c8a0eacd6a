"""Immutable values: the only things that cross between modules."""

import enum
import inspect
import types
import typing
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, dataclass_transform, get_args, get_origin
from uuid import UUID

import msgspec

_SCALARS = (str, int, bool, bytes, float, UUID, date, timedelta, Decimal, type(None))
_ADVICE = {
    list: "use tuple[T, ...]",
    set: "use frozenset[T]",
    dict: "declare a Value with a field per key, or tuple[Pair, ...]",
    bytearray: "use bytes",
    object: "name the type",
}


class BadContract(TypeError):
    """A contract was declared with what cannot cross between modules; the message says where and how to fix it."""


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class ValueMeta(msgspec.StructMeta):
    """Tells type checkers that values are frozen, without each saying so."""


class Value(msgspec.Struct, metaclass=ValueMeta, frozen=True):
    """Base of every type in a contract: an immutable record, compared by its fields.

    Fields hold `str`, `int`, `bool`, `float`, `bytes`, `Decimal`, `UUID`, `date`, `datetime` (with a time zone),
    `timedelta`, enums, `tuple`, `frozenset`, and other values. An unknown field in an answer is ignored, so that a
    newer peer may say more.
    """


def immutable(annotation: Any, where: str) -> None:
    """Refuse an annotation that is not immutable all the way down.

    Raises `BadContract`, naming `where`, the offending type and what to write in its place.
    """
    for reason in _objections(annotation, ()):
        raise BadContract(f"{where}: {reason}")


def location(target: Any) -> str:
    """Return `path:line` of a class or function, for messages; its qualified name where the source is not at hand."""
    try:
        return f"{inspect.getsourcefile(target)}:{inspect.getsourcelines(target)[1]}"
    except (OSError, TypeError):
        return f"{target.__module__}.{target.__qualname__}"


def _objections(annotation: Any, seen: tuple[type, ...]) -> Iterator[str]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *notes = get_args(annotation)
        if not (inner is datetime and any(getattr(note, "tz", False) for note in notes)):
            yield from _objections(inner, seen)
    elif annotation is datetime:
        yield "a datetime without time zone means another hour on another machine; use AwareDatetime"
    elif origin in (Union, types.UnionType, tuple, frozenset):
        for argument in get_args(annotation):
            if argument is not Ellipsis:
                yield from _objections(argument, seen)
    elif origin is Literal:
        return
    elif isinstance(annotation, typing.NewType):
        yield from _objections(annotation.__supertype__, seen)
    elif origin is not None or not isinstance(annotation, type):
        yield f"{_name(annotation)} cannot cross between modules; {_advice(origin or annotation)}"
    elif issubclass(annotation, msgspec.Struct):
        yield from _struct_objections(annotation, seen)
    elif annotation in (tuple, frozenset):
        yield f"a bare {annotation.__name__} says nothing of what it holds; write {annotation.__name__}[T, ...]"
    elif not issubclass(annotation, (*_SCALARS, enum.Enum)) or annotation is object:
        yield f"{_name(annotation)} is not an immutable value; {_advice(annotation)}"


def _struct_objections(struct: type[msgspec.Struct], seen: tuple[type, ...]) -> Iterator[str]:
    if struct in seen:
        return
    if not struct.__struct_config__.frozen:
        yield f"{struct.__name__} can be changed after it was made; derive it from Value"
        return
    for name, hint in typing.get_type_hints(struct, include_extras=True).items():
        if name in struct.__struct_fields__:
            for reason in _objections(hint, (*seen, struct)):
                yield f"{struct.__name__}.{name}: {reason}"


def _name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def _advice(annotation: Any) -> str:
    if annotation is Any:
        return "name the type"
    if isinstance(annotation, type):
        for kind, advice in _ADVICE.items():
            if kind is annotation or (kind is not object and issubclass(annotation, kind)):
                return advice
    return "use a Value, a tuple, or a plain str, int, bool, UUID or datetime"


AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]
"""A point in time, always with its time zone: a naive one means another hour on another machine."""

Ids = Annotated[tuple[UUID, ...], msgspec.Meta(max_length=200, description="At most 200 in one call.")]
"""Which things a query is about, where it is asked about many at once."""
