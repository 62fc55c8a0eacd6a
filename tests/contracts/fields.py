"""One field of a struct in every shape it can have, and what the struct is: arguments, one of them, or an answer."""

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from extraction.compat import flows
from extraction.compat.describe import Types
from extraction.compat.schema import Typed
from tests.contracts.peers import values

ABSENT = ""
FIELDS: list[Any] = [ABSENT]
for annotation in (
    int,
    Annotated[int, msgspec.Meta(ge=0)],
    Annotated[int, msgspec.Meta(ge=0, le=10)],
    float,
    str,
    Annotated[str, msgspec.Meta(max_length=4)],
    UUID,
    Literal["small", "large"],
    int | None,
    int | str,
    tuple[int, ...],
    frozenset[int],
    tuple[int, int],
):
    defaults = list(values(annotation))
    FIELDS += [(annotation,), (annotation, defaults[0]), (annotation, defaults[-1])]


@cache
def side(field: int) -> tuple[Any, Typed]:
    """A struct with that one of the fields, and its schema."""
    fields = [("always", int), *([("field", *FIELDS[field])] if FIELDS[field] else [])]
    struct = msgspec.defstruct("Box", fields, frozen=True, omit_defaults=True)
    types = Types()
    return struct, Typed(types.fields(struct), types.named)


def arguments(struct: Any) -> dict[str, Any]:
    """An operation that takes the struct's fields as its arguments, all of which are sent."""
    fields = [(f.name, f.type, *([] if f.required else [f.default])) for f in msgspec.structs.fields(struct)]
    return {"arguments": msgspec.defstruct("Arguments", fields, frozen=True)}


def argument(struct: Any) -> dict[str, Any]:
    return {"arguments": msgspec.defstruct("Arguments", [("box", struct)], frozen=True)}


def answer(struct: Any) -> dict[str, Any]:
    return {"returns": struct}


def sent_inside(old: Typed, new: Typed) -> Iterator[flows.FieldChange]:
    """What changed in a struct that is an argument."""
    boxes = [Typed({"type": "object", "properties": {"box": box.schema}}, box.types) for box in (old, new)]
    return flows.sent(*boxes)
