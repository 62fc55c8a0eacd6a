"""Arguments for the operations of a contract: made from their types, and from values that mean something to the data.

The same data and the same contract give the same arguments.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Any
from uuid import UUID

import hypothesis
import msgspec
from hypothesis import strategies
from msgspec import inspect

REMEMBERED = 12
"""Values of one name that are drawn from, of the data and of those that came up later."""
FAMILIAR = (0.2, 0.95)
"""How often a value is one that was seen before, where there is one that fits: in some arguments, and in others."""
LARGE = 1000
"""Numbers are as large as this, where the contract does not say how large they may be."""
LETTERS = "abcxyzABCXYZ 019-_.äß€"
ATTEMPTS = 50

_KINDS: dict[type[inspect.Type], Any] = {
    inspect.NoneType: None,
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.StrType: str,
    inspect.BytesType: bytes,
    inspect.UUIDType: UUID,
    inspect.DecimalType: Decimal,
    inspect.DateType: date,
    inspect.DateTimeType: datetime,
    inspect.TimeDeltaType: timedelta,
}
_LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length", "tz")


class Pool:
    """Values that were seen, by the name of the field that had them. All are as JSON has them."""

    def __init__(self) -> None:
        self._stored: defaultdict[str, list[Any]] = defaultdict(list)
        self._passing: defaultdict[str, list[Any]] = defaultdict(list)

    def store(self, name: str, value: Any) -> None:
        """Remember a value that stands in the data, if it is one of the first of its name."""
        known = self._stored[name]
        if value not in known and len(known) < REMEMBERED:
            known.append(value)

    def add(self, name: str, value: Any) -> None:
        """Remember a value that was sent or answered, as the newest of its name."""
        known = self._passing[name]
        if value in known:
            known.remove(value)
        known.append(value)
        del known[:-REMEMBERED]

    def add_all(self, value: Any) -> None:
        """Remember the fields of a value and of all that is in it. The `id` of an `Order` is an `order_id` too."""
        if isinstance(value, tuple | frozenset):
            for each in value:
                self.add_all(each)
        elif isinstance(value, msgspec.Struct):
            for name in value.__struct_fields__:
                field = getattr(value, name)
                if isinstance(field, msgspec.Struct | tuple | frozenset):
                    self.add_all(field)
                elif field is not None:
                    self.add(name, msgspec.to_builtins(field))
                    if name == "id":
                        self.add(f"{snake(type(value).__name__)}_id", msgspec.to_builtins(field))

    def groups(self, name: str, annotation: Any) -> list[list[Any]]:
        """The values of a type that have a name: those that stand in the data, and the newest of those that passed."""
        groups = [[value for value in each.get(name, ()) if fits(value, annotation)] for each in self._both]
        return [group for group in groups if group]

    def any(self, annotation: Any) -> list[Any]:
        """A value of each name, of those that are of a type."""
        return [values[-1] for each in self._both for values in each.values() if fits(values[-1], annotation)]

    @property
    def _both(self) -> tuple[dict[str, list[Any]], ...]:
        return self._stored, self._passing


class Maker:
    """Makes values of types, as JSON has them."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._random = random.Random(0)  # noqa: S311  it is to be the same each time
        self._newest, self._familiar = False, 0.0

    def arguments(self, struct: type[msgspec.Struct], *, newest: bool = False) -> dict[str, Any] | None:
        """Arguments of an operation, each by its name; None where there is no telling what would fit.

        With `newest` they are about what was seen last.
        """
        self._newest = newest
        for _ in range(ATTEMPTS):
            made = {}
            for field in msgspec.structs.fields(struct):
                self._familiar = self._random.choice(FAMILIAR)
                if field.required or self._random.random() < 0.5:
                    made[field.encode_name] = self._value(inspect.type_info(field.type), field.name)
            if fits(made, struct):
                return made
        return None

    def _value(self, info: inspect.Type, name: str) -> Any:
        examples: list[Any] = []
        if isinstance(info, inspect.Metadata):
            examples, info = list((info.extra_json_schema or {}).get("examples", ())), info.type
        match info:
            case inspect.StructType():
                return self._struct(info)
            case inspect.VarTupleType(item_type=item) | inspect.FrozenSetType(item_type=item):
                return [self._value(item, _singular(name)) for _ in range(self._length(info, 3))]
            case inspect.TupleType(item_types=types):
                return [self._value(item, name) for item in types]
            case inspect.UnionType(types=types):
                return self._value(self._random.choice(types), name)
            case inspect.EnumType(cls=cls):
                return msgspec.to_builtins(self._random.choice(list(cls)))
            case inspect.LiteralType(values=values):
                return self._random.choice(values)
        annotation = _annotation(info)
        groups = [examples] if examples else []
        groups += self.pool.groups(name, annotation)
        if groups and self._newest:
            return groups[-1][-1]
        if self._is_familiar() and (seen := self._random.choice(groups) if groups else self.pool.any(annotation)):
            return self._random.choice(seen)
        return self._new(info)

    def _struct(self, info: inspect.StructType) -> dict[str, Any]:
        fields = [field for field in info.fields if field.required or self._is_familiar()]
        tag = {info.tag_field: info.tag} if info.tag_field else {}
        return tag | {field.encode_name: self._value(field.type, field.name) for field in fields}

    def _new(self, info: inspect.Type) -> Any:
        draw = self._random
        if isinstance(info, inspect.StrType):
            if info.pattern:
                return draw.choice(_matching(info.pattern))
            return "".join(draw.choice(LETTERS) for _ in range(self._length(info, 20)))
        kinds: dict[type[inspect.Type], Callable[[], Any]] = {
            inspect.NoneType: lambda: None,
            inspect.BoolType: lambda: draw.random() < 0.5,
            inspect.IntType: lambda: self._number(info),
            inspect.FloatType: lambda: float(self._number(info)),
            inspect.BytesType: lambda: draw.randbytes(self._length(info, 20)),
            inspect.UUIDType: lambda: UUID(int=draw.getrandbits(128), version=4),
            inspect.DecimalType: lambda: Decimal(self._number(info)),
            inspect.DateType: lambda: date(2000, 1, 1) + timedelta(days=draw.randrange(20_000)),
            inspect.DateTimeType: lambda: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(hours=draw.randrange(500_000)),
            inspect.TimeDeltaType: lambda: timedelta(seconds=draw.randrange(100_000)),
        }
        return msgspec.to_builtins(kinds[type(info)]())

    def _number(self, info: Any) -> int:
        """One within the limits, and often the limit itself."""
        low = [bound for bound in (getattr(info, "ge", None), getattr(info, "gt", None)) if bound is not None]
        high = [bound for bound in (getattr(info, "le", None), getattr(info, "lt", None)) if bound is not None]
        least = int(low[0]) if low else -LARGE
        most = int(high[0]) if high else max(LARGE, least + LARGE)
        return self._random.choice((least, most, self._random.randint(least, most)))

    def _length(self, info: Any, usual: int) -> int:
        least = info.min_length or 0
        most = least + usual if info.max_length is None else min(info.max_length, least + usual)
        # Mostly something, and not much.
        return min(most, max(least, self._random.choice((0, 1, 1, 2, most))))

    def _is_familiar(self) -> bool:
        return self._random.random() < self._familiar


def fits(value: Any, annotation: Any) -> bool:
    """Whether a value as JSON has it is of a type."""
    try:
        msgspec.convert(value, annotation)
    except msgspec.ValidationError:
        return False
    return True


def snake(name: str) -> str:
    """`PointsEntry` as `points_entry`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _singular(name: str) -> str:
    """What one of many is called: `skus` has a `sku`, `order_ids` an `order_id`."""
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


def _annotation(info: inspect.Type) -> Any:
    """The type that was looked into, with its limits again."""
    limits = {name: limit for name in _LIMITS if (limit := getattr(info, name, None)) is not None}
    kind = _KINDS[type(info)]
    return Annotated[kind, msgspec.Meta(**limits)] if limits else kind


@cache
def _matching(pattern: str) -> list[str]:
    """Some strings that match a pattern."""
    found: list[str] = []

    @hypothesis.settings(
        max_examples=12,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    # ASCII, because tables of all other characters take a second to make.
    @hypothesis.given(strategies.from_regex(pattern, alphabet=strategies.characters(codec="ascii")))
    def collect(text: str) -> None:
        found.append(text)

    collect()
    return found
