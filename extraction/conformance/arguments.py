"""Arguments for the operations of a contract: made from their types, and from values that mean something to the data.

The same data and the same contract give the same arguments.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from typing import Annotated, Any, TypeVar
from uuid import UUID

import hypothesis
import msgspec
from hypothesis import strategies
from msgspec import inspect

from extraction.conformance.pool import Pool, Row, Seen, Together, fits, singular

FAMILIAR = (0.2, 0.95, 0.95)
"""How often a value is one that was seen before, where there is one that fits: in some arguments, and in others."""
TOGETHER = 0.5
"""How often arguments are about one row, those of them that it has a column for."""
UNUSED_FIRST = 0.8
"""How often one is chosen that the operation was not asked about yet."""
LATER = 0.7
BESIDE = 0.15
"""How often a value is next to one that was seen."""
DAYS = tuple(timedelta(days=days) for days in (0, 0, 0, -1, 1, -2, 2, 7))
MOMENTS = tuple(
    sign * step
    for step in (timedelta(0), timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
    for sign in (-1, 1)
)
"""How far from a time that means something those are that are asked for: around a boundary lie most mistakes."""
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

T = TypeVar("T")


class Maker:
    """Makes values of types, as JSON has them."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._random = random.Random(0)  # noqa: S311  it is to be the same each time  # nosec B311
        self._newest, self._familiar = False, 0.0
        self._row: Row = {}
        self._subjects: list[Any] = []
        self._operation = ""
        self._uses: Counter[tuple[str, str, bytes]] = Counter()
        self._anchor: datetime | None = None
        self._is_begun = False

    def arguments(self, struct: type[msgspec.Struct], *, newest: bool = False) -> dict[str, Any] | None:
        """Arguments of an operation, each by its name; None where there is no telling what would fit.

        With `newest` they are about what was seen last, or what was done last.
        """
        self._newest, self._operation = newest, struct.__qualname__
        for _ in range(ATTEMPTS):
            self._about_something(struct)
            made = {}
            for field in msgspec.structs.fields(struct):
                self._familiar = self._random.choice(FAMILIAR)
                if field.required or self._random.random() < 0.5:
                    made[field.encode_name] = self._value(inspect.type_info(field.type), field.name)
            if fits(made, struct):
                return made
        return None

    def attend_to(self, arguments: dict[str, Any]) -> None:
        """Have what is asked next be about what a call or an event was about, whatever that was called there."""
        self._subjects = list(_leaves(arguments))

    def _about_something(self, struct: type[msgspec.Struct]) -> None:
        """Choose what the arguments are about: a row, often, and a time that those asked for lie around."""
        names = {name for field in struct.__struct_fields__ for name in (field, singular(field))}
        rows = self.pool.rows(names)

        def uses(row: Together) -> int:
            return sum(self._uses_of(name, row.values[name]) for name in names.intersection(row.values))

        about = self._chosen(rows, uses) if rows.groups and self._random.random() < TOGETHER else Together({}, [])
        self._row = about.values
        times = Seen([about.times], []) if about.times else self.pool.times()
        self._anchor = self._use("", self._chosen(times, partial(self._uses_of, ""))) if times.groups else None
        self._is_begun = False

    def _value(self, info: inspect.Type, name: str) -> Any:
        examples: list[Any] = []
        if isinstance(info, inspect.Metadata):
            examples, info = list((info.extra_json_schema or {}).get("examples", ())), info.type
        match info:
            case inspect.StructType():
                return self._struct(info)
            case inspect.VarTupleType(item_type=item) | inspect.FrozenSetType(item_type=item):
                return [self._value(item, singular(name)) for _ in range(self._length(info, 3))]
            case inspect.TupleType(item_types=types):
                return [self._value(item, name) for item in types]
            case inspect.UnionType(types=types):
                return self._value(self._random.choice(types), name)
            case inspect.EnumType(cls=cls):
                return msgspec.to_builtins(self._random.choice(list(cls)))
            case inspect.LiteralType(values=values):
                return self._random.choice(values)
        annotation = _annotation(info)
        seen = self.pool.named(name, annotation)
        if examples:
            seen.stored.insert(0, examples)
        subjects = [value for value in self._subjects if fits(value, annotation)] if self._newest else []
        if subjects and self._random.random() < TOGETHER:
            return self._random.choice(subjects)
        if seen.groups and self._newest:
            return seen.groups[-1][-1]
        if name in self._row and fits(self._row[name], annotation) and self._is_familiar():
            return self._beside(self._use(name, self._row[name]), info)
        if self._is_familiar():
            if self._anchor and isinstance(info, inspect.DateType | inspect.DateTimeType):
                return self._about(self._anchor, info)
            if not seen.groups:
                seen = self.pool.any(annotation)
            if seen.groups:
                return self._beside(self._use(name, self._chosen(seen, partial(self._uses_of, name))), info)
        return self._new(info)

    def _chosen(self, seen: Seen[T], uses: Callable[[T], int]) -> T:
        """One that this operation was not asked about yet, of those in the data; or one least used of any source."""
        unused = [each for group in seen.stored for each in group if not uses(each)]
        if unused and self._random.random() < UNUSED_FIRST:
            return self._random.choice(unused)
        group = self._random.choice(seen.groups)
        least = min(map(uses, group))
        return self._random.choice([each for each in group if uses(each) == least])

    def _uses_of(self, name: str, value: Any) -> int:
        return self._uses[self._operation, name, msgspec.json.encode(value)]

    def _use(self, name: str, value: T) -> T:
        self._uses[self._operation, name, msgspec.json.encode(value)] += 1
        return value

    def _about(self, anchor: datetime, info: inspect.Type) -> Any:
        """A time that something happens at, just before it or just after; of several the next is mostly the later."""
        step = self._random.choice(DAYS if isinstance(info, inspect.DateType) else MOMENTS)
        if self._is_begun and self._random.random() < LATER:
            step = abs(step)
        moment = anchor + step
        self._anchor, self._is_begun = moment, True
        if isinstance(info, inspect.DateType):
            return msgspec.to_builtins(moment.date())
        return msgspec.to_builtins(moment.replace(tzinfo=None) if info.tz is False else moment)  # type: ignore[attr-defined]

    def _beside(self, value: Any, info: inspect.Type) -> Any:
        """A value that was seen, and now and then one next to it: what is searched for is a part of what is there."""
        if self._random.random() >= BESIDE:
            return value
        match info, value:
            case inspect.IntType(), int():
                return value + self._random.choice((-1, 1))
            case inspect.StrType(pattern=None), str() if value:
                begin, end = sorted(self._random.sample(range(len(value) + 1), 2))
                return self._random.choice((value[begin:end], value[:end], value.swapcase()))
            case ((inspect.DateType() | inspect.DateTimeType()), str()):
                return self._about(msgspec.convert(f"{value}T00:00:00Z" if len(value) == 10 else value, datetime), info)
        return value

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
        least = max(least, self._newest)
        return min(most, max(least, self._random.choice((0, 1, 1, 2, most))))

    def _is_familiar(self) -> bool:
        return self._random.random() < self._familiar


def _leaves(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            for each in value.values():
                yield from _leaves(each)
        case list():
            for each in value:
                yield from _leaves(each)
        case _:
            yield value


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
