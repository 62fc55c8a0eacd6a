"""Facts: what a module says of its own tables, in plain values, for others to compare."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.db.models import QuerySet

from seamline.audit.findings import is_young
from seamline.contract import Value, whole

Scalar = str | int | bool | None
KindName = Annotated[str, msgspec.Meta(pattern=whole("[a-z][a-z0-9_]{0,59}"))]
FactKey = Annotated[str, msgspec.Meta(max_length=200)]


class Field(Value):
    """One thing that is said, by name."""

    name: str
    value: Scalar


class Fact(Value):
    """What a module says of one thing of one kind."""

    kind: KindName
    key: FactKey
    """What it is of, the same in every module that has something to say of it: the id of a parcel."""
    fields: tuple[Field, ...]
    young: bool = False
    """Whether it came about so lately that what follows from it may still be on its way."""
    moving: bool = False
    """Whether an event or a flow of this key is under way in the module, or was until lately."""
    in_flow: bool = False
    """Whether a flow of this key is not finished."""

    def __getitem__(self, name: str) -> Any:
        """Look up a field; None where it is not said."""
        return next((field.value for field in self.fields if field.name == name), None)

    @property
    def settling(self) -> bool:
        """Tell whether what does not agree with it may come right by itself."""
        return self.young or self.moving


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one kind that a module's `audit.py` names in `FACTS`, one for each key."""

    kind: str
    rows: Callable[[], QuerySet[Any, Any]]
    """All that something is said of."""
    key: str
    """The field that has the key: a UUID, by which an index finds the rows and has them in order."""
    state: Callable[[Any], Fact]
    """Says what there is to say of a row, by `fact`."""


def fact(key: object, since: datetime | None = None, /, **fields: object) -> Fact:
    """State what is the case with one thing, which came about at a moment: `fact(row.id, status=row.status)`.

    What is no JSON scalar is said as text.
    """
    said = tuple(Field(name, _scalar(value)) for name, value in fields.items())
    return Fact("", str(key), said, young=since is not None and is_young(since))


def text_of_counts(counts: Mapping[str, int]) -> str:
    """Put counts so that equal ones are equal text: `A 2, B 1`."""
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _scalar(value: object) -> Scalar:
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)
