"""What was seen: in the module's tables, and in what was sent and answered since. Arguments are drawn from it."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from psycopg.types.range import Range

MAX_VALUES = 24
"""Of one name, of one source; as many rows, and four times as many points in time."""
SENT = "sent"
"""The source of what was asked for, whatever became of it."""
Row = dict[str, Any]
T = TypeVar("T")


class Together(NamedTuple):
    """What belongs together: the values of one row or answer, by name, and the times in it."""

    values: Row
    times: list[datetime]


class Source:
    """Where values were seen: a table, a type of answers, or what was asked. The first of them, or the newest."""

    def __init__(self, *, keeps_newest: bool) -> None:
        self.values: defaultdict[str, list[Any]] = defaultdict(list)
        self.rows: list[Together] = []
        self.times: list[datetime] = []
        self._keeps_newest = keeps_newest

    def add(self, row: Row) -> None:
        """Remember what stands in a row: each value, the times in it, and that they belong together."""
        values = {name: each for name, value in row.items() if (each := as_json(value)) is not None}
        times = [instant for value in row.values() for instant in _times(value)]
        self._keep(self.rows, Together(values, times), MAX_VALUES)
        for name, value in row.items():
            for part, each in _parts(name, value):
                self._keep(self.values[part], each, MAX_VALUES)
        for instant in times:
            self._keep(self.times, instant, 4 * MAX_VALUES)

    def _keep(self, known: list[Any], value: Any, most: int) -> None:
        if self._keeps_newest:
            if value in known:
                known.remove(value)
            known.append(value)
            del known[:-most]
        elif value not in known and len(known) < most:
            known.append(value)


class Pool:
    """Values that were seen, by where and by the name of the field that had them. All are as JSON has them.

    Each source is drawn from as often as any other, however much is in it.
    """

    def __init__(self) -> None:
        self._stored: dict[str, Source] = {}
        self._passing: dict[str, Source] = {}

    def store(self, table: str, row: Row) -> None:
        """Remember a row of the data, each value by the names that it goes by."""
        self._stored.setdefault(table, Source(keeps_newest=False)).add(row)

    def add(self, source: str, row: Row) -> None:
        """Remember what was sent or answered, as the newest of all."""
        found = self._passing.pop(source, None) or Source(keeps_newest=True)
        found.add(row)
        self._passing[source] = found

    def add_all(self, value: Any, source: str | None = None) -> None:
        """Remember the fields of a value and of all that is in it. The `id` of a `Parcel` is a `parcel_id` too."""
        if isinstance(value, tuple | frozenset):
            for each in value:
                self.add_all(each, source)
        elif isinstance(value, msgspec.Struct):
            owner = type(value).__name__
            row: Row = {}
            for name in value.__struct_fields__:
                field = getattr(value, name)
                self.add_all(field, source)
                if field is not None and not isinstance(field, msgspec.Struct):
                    row |= dict.fromkeys(names_of(name, owner, is_key=name == "id"), field)
            self.add(source or owner, row)

    def named(self, name: str, annotation: Any) -> "Seen[Any]":
        """The values of a type that have a name."""
        return self._seen(lambda source: [value for value in source.values.get(name, ()) if fits(value, annotation)])

    def any(self, annotation: Any) -> "Seen[Any]":
        """The values of a type, whatever their names."""
        return self._seen(
            lambda source: [value for known in source.values.values() for value in known if fits(value, annotation)]
        )

    def rows(self, names: set[str]) -> "Seen[Together]":
        """What belongs together, of all that has any of these names."""
        return self._seen(lambda source: [row for row in source.rows if not names.isdisjoint(row.values)])

    def times(self) -> "Seen[datetime]":
        """Points in time that mean something to the data, whatever has them: a column, a range, an answer."""
        return self._seen(lambda source: source.times)

    def _seen(self, look: Callable[[Source], list[T]]) -> "Seen[T]":
        def found(sources: dict[str, Source]) -> list[list[T]]:
            return [values for source in sources.values() if (values := look(source))]

        return Seen(found(self._stored), found(self._passing))


class Seen(NamedTuple, Generic[T]):
    """Values of one kind, by source: none of these lists is empty. The source that was heard of last is the last."""

    stored: list[list[T]]
    passing: list[list[T]]

    @property
    def groups(self) -> list[list[T]]:
        """Those of all sources."""
        return self.stored + self.passing


def names_of(name: str, owner: str, *, is_key: bool) -> list[str]:
    """By which names arguments may ask for a field: the key of a `Parcel` is a `parcel_id` and a `parcel` too."""
    return sorted({name, f"{snake(owner)}_id", snake(owner)} if is_key else {name})


def as_json(value: Any) -> Any:
    """A value as JSON has it; None for one that JSON has no form for."""
    try:
        return msgspec.to_builtins(value)
    except (TypeError, NotImplementedError):
        return None


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


def singular(name: str) -> str:
    """What one of many is called: `labels` has a `label`, `parcel_ids` a `parcel_id`."""
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What there is to ask about in a value: itself, the bounds of a range, the items of an array, what JSON holds."""
    match value:
        case Range():
            for bound in (value.lower, value.upper):
                yield from _parts(name, bound)
        case list() | tuple() | frozenset():
            for item in value:
                yield from _parts(singular(name), item)
        case dict():
            for key, item in value.items():
                yield from _parts(str(key), item)
        case _ if (each := as_json(value)) is not None:
            yield name, each


def _times(value: Any) -> Iterator[datetime]:
    match value:
        case Range():
            for bound in (value.lower, value.upper):
                yield from _times(bound)
        case list() | tuple() | frozenset():
            for item in value:
                yield from _times(item)
        case datetime():
            yield value if value.tzinfo else value.replace(tzinfo=UTC)
        case date():
            yield datetime.combine(value, time(), UTC)
