"""Do two answers say the same? Up to what no two runs have in common: the ids and the times that they make anew.

An id that neither side has seen before may differ, and from then on the two are two names of one thing: wherever one
side has the first, the other must have the second (alpha-equivalence, as of bound variables in the lambda calculus). A
time may differ if both are of this run. Everything else is equal, in the same order.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

_ID = re.compile(r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})\b", re.IGNORECASE)
SHOWN = 200
"""Characters of a value that are shown."""


class Equivalence:
    """Two sides, and what each calls the things that came up so far."""

    def __init__(self) -> None:
        self._began = datetime.now(UTC)
        self._theirs: dict[str, str] = {}
        self._ours: dict[str, str] = {}

    def share(self, value: Any) -> None:
        """Both sides know the ids in this by the same name, from now on: they were told of them."""
        for each in _ids_in(value):
            if each not in self._theirs and each not in self._ours:
                self._theirs[each] = self._ours[each] = each

    def translate(self, body: bytes) -> bytes:
        """What we would say, in the names that the other side has for things."""
        # Latin-1 has a character for each byte, whatever they are meant to be.
        text = body.decode("latin-1")
        return _ID.sub(lambda found: self._theirs.get(found[0].lower(), found[0]), text).encode("latin-1")

    def difference(self, ours: Any, theirs: Any) -> str | None:
        """Where two values differ first, and how; None where they say the same."""
        found: dict[str, str] = {}
        difference = next(self._differences(ours, theirs, "$", found), None)
        if difference is None:
            for our, their in found.items():
                self._theirs[our], self._ours[their] = their, our
        return difference

    def _differences(self, ours: Any, theirs: Any, at: str, found: dict[str, str]) -> Iterator[str]:
        match ours, theirs:
            case msgspec.Struct(), msgspec.Struct() if type(ours) is type(theirs):
                for name in ours.__struct_fields__:
                    yield from self._differences(getattr(ours, name), getattr(theirs, name), f"{at}.{name}", found)
            case tuple(), tuple() if len(ours) == len(theirs):
                for index, (our, their) in enumerate(zip(ours, theirs, strict=True)):
                    yield from self._differences(our, their, f"{at}[{index}]", found)
            case frozenset(), frozenset():
                yield from self._differences(_sorted(ours), _sorted(theirs), at, found)
            case UUID(), UUID():
                yield from self._differences(str(ours), str(theirs), at, found)
            case str(), str() if _ID.sub("", ours) == _ID.sub("", theirs):
                pairs = zip(_ids_in(ours), _ids_in(theirs), strict=True)
                if not all(self._is_one(our, their, found) for our, their in pairs):
                    yield _told(ours, theirs, at)
            case datetime(), datetime():
                if ours != theirs and not self._are_of_this_run(ours, theirs):
                    yield _told(ours, theirs, at)
            case _:
                if type(ours) is not type(theirs) or ours != theirs:
                    yield _told(ours, theirs, at)

    def _is_one(self, our: str, their: str, found: dict[str, str]) -> bool:
        """Whether two ids are names of one thing; two that are new become so."""
        known = found.get(our) or self._theirs.get(our)
        if known is None and their not in self._ours and their not in found.values():
            found[our] = known = their
        return known == their

    def _are_of_this_run(self, ours: datetime, theirs: datetime) -> bool:
        elapsed: timedelta = datetime.now(UTC) - self._began
        return min(ours, theirs) >= self._began and abs(ours - theirs) <= elapsed


def shown(value: Any) -> str:
    """A value for a reader, as JSON, and not all of it where it is long."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _ids_in(value: Any) -> list[str]:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return [found.lower() for found in _ID.findall(text)]


def _sorted(values: frozenset[Any]) -> tuple[Any, ...]:
    return tuple(sorted(values, key=msgspec.json.encode))


def _told(ours: Any, theirs: Any, at: str) -> str:
    return f"{at} is {shown(theirs)}, and in the monolith {shown(ours)}"
