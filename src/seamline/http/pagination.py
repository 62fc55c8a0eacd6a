"""Lists: `{"results": [...], "next": url or null, "previous": url or null}`, by cursor.

A cursor holds the place in the order that the last page ended at (keyset pagination), so that rows which come or go
meanwhile move nothing, and a page far on costs as much as the first.
"""

import binascii
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Expression, F, Field, Func, QuerySet
from django.db.models import Value as Parameter
from django.utils.timezone import is_naive
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from seamline.contract import Value
from seamline.http.problems import FieldError, Invalid

T = TypeVar("T")
Place = tuple[Any, ...]

PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
MAX_ROWS_SCANNED = 1000
"""Of the rows in order, which are looked through for what is searched before all of them are."""
_NO_INDEX = "(SELECT %(expressions)s)"
"""What is worked out for each row, and not looked up in an index."""
_CURSOR = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}
PAGE_PARAMETERS = (
    OpenApiParameter("cursor", _CURSOR, description="Where to go on, as `next` and `previous` give it."),
    OpenApiParameter("limit", _LIMIT, description=f"How many at most, 1 to {MAX_PAGE_SIZE}; {PAGE_SIZE} unless told."),
)


class Page(Value, Generic[T]):
    """Some of a list, and where the rest is."""

    results: tuple[T, ...]
    next: str | None
    previous: str | None


class _Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place beside a row, and which way the page lies from there."""

    backwards: bool
    place: Place
    """The row's values of the fields in the order."""


def paginate(
    request: Request, rows: Any, ordering: str, to: Callable[[Any], T], search: Expression | None = None
) -> Page[T]:
    """Read one page of a queryset, each row turned `to` its struct.

    `ordering` is a field that does not change and is never null, with `-` before it for the greatest first; rows that
    are equal in it are told apart by their primary key. `search` is a condition on them that an index of its own
    answers. Raises `Invalid` for a cursor or a limit that is none.
    """
    limit = _limit(request.GET.get("limit"))
    order = _Order(rows.model, ordering)
    given = request.GET.get("cursor")
    cursor = None if given is None else order.decode(given)
    backwards = cursor is not None and cursor.backwards
    found = _read(order, rows, cursor, search, limit + 1)
    more = len(found) > limit
    del found[limit:]
    if backwards:
        found.reverse()

    def link(row: Any, backwards: bool) -> str:
        here = request.build_absolute_uri()
        return str(replace_query_param(here, "cursor", order.encode(row, backwards)))

    return Page(
        tuple(to(row) for row in found),
        next=link(found[-1], backwards=False) if found and (more or backwards) else None,
        previous=link(found[0], backwards=True) if found and (more if backwards else cursor) else None,
    )


def _read(order: "_Order", rows: Any, cursor: _Cursor | None, search: Expression | None, number: int) -> list[Any]:
    following = order.following(rows, cursor)
    if search is None:
        return list(following[:number])
    # PostgreSQL cannot tell how many rows have the beginning of a word, and reads all of them in order where it guesses
    # wrong. Where many have it, enough of the nearest do; where few have it, the index of the search finds them.
    last = order.place(following[MAX_ROWS_SCANNED - 1 : MAX_ROWS_SCANNED])
    if last is None:
        return list(following.filter(search)[:number])
    fits = Func(search, template=_NO_INDEX, output_field=BooleanField())
    found = list(order.up_to(last, following, cursor).filter(fits)[:number])
    if len(found) == number:
        return found
    return list(order.following(rows.filter(search), cursor, by_index=False)[:number])


class _Order:
    """The order of a list, in which no two rows are equal."""

    def __init__(self, model: Any, ordering: str) -> None:
        self.descending = ordering.startswith("-")
        leading, key = model._meta.get_field(ordering.removeprefix("-")), model._meta.pk
        self.fields: tuple[Field[Any, Any], ...] = (key,) if leading is key else (leading, key)
        if leading.null:
            raise TypeError(f"a list of {model.__name__} cannot be in the order of {leading.name}, which may be null")

    def following(self, rows: QuerySet[Any, Any], cursor: _Cursor | None, by_index: bool = True) -> QuerySet[Any, Any]:
        """Select the rows beyond a cursor, the nearest first; unless `by_index`, they are sorted when found."""
        if cursor:
            rows = rows.filter(self._compare(self._ahead(cursor), cursor.place))
        columns = [F(field.name) if by_index else Func(F(field.name), template=_NO_INDEX) for field in self.fields]
        descending = self._ahead(cursor) == "<"
        return rows.order_by(*(column.desc() if descending else column.asc() for column in columns))

    def up_to(self, place: Place, rows: QuerySet[Any, Any], cursor: _Cursor | None) -> QuerySet[Any, Any]:
        """Select those of the rows beyond a cursor that are not beyond a place."""
        return rows.filter(self._compare({"<": ">=", ">": "<="}[self._ahead(cursor)], place))

    def place(self, rows: QuerySet[Any, Any]) -> Place | None:
        """Return where the first of the rows is."""
        return next(iter(rows.values_list(*(field.attname for field in self.fields))), None)

    def _ahead(self, cursor: _Cursor | None) -> str:
        return "<" if self.descending ^ (cursor is not None and cursor.backwards) else ">"

    def _compare(self, sign: str, place: Place) -> Func:
        """Compare rows as SQL does: `(created_at, id) < (…, …)`, which an index over both columns serves."""
        columns = _row(*(F(field.name) for field in self.fields))
        values = _row(*(Parameter(value, field) for field, value in zip(self.fields, place, strict=True)))
        return Func(columns, values, template="%(expressions)s", arg_joiner=f" {sign} ", output_field=BooleanField())

    def encode(self, row: Any, backwards: bool) -> str:
        place = tuple(getattr(row, field.attname) for field in self.fields)
        return urlsafe_b64encode(msgspec.json.encode(_Cursor(backwards, place))).decode().rstrip("=")

    def decode(self, given: str) -> _Cursor:
        try:
            padded = given + "=" * (-len(given) % 4)
            raw = binascii.a2b_base64(padded.translate(str.maketrans("-_", "+/")), strict_mode=True)
            cursor = msgspec.json.decode(raw, type=_Cursor)
            place = tuple(_restore(*pair) for pair in zip(self.fields, cursor.place, strict=True))
            return _Cursor(cursor.backwards, place)
        except (TypeError, ValueError, ValidationError, msgspec.MsgspecError):
            errors = (FieldError("cursor", "must be as `next` or `previous` gave it; without it the list begins"),)
            raise Invalid("There is no such cursor", errors) from None


def _row(*columns: Any) -> Func:
    return Func(*columns, template="(%(expressions)s)", output_field=BooleanField())


def _restore(field: "Field[Any, Any]", value: object) -> Any:
    """Read a field's value from a cursor. Raises `ValidationError`, `TypeError` or `ValueError` for what is none."""
    restored = field.clean(value, None)
    if isinstance(restored, str) and "\0" in restored:
        raise ValueError("PostgreSQL cannot store the character NUL")
    if isinstance(restored, datetime) and is_naive(restored):
        raise ValueError("without a time zone it is another moment on another machine")
    return restored


def _limit(given: str | None) -> int:
    if given is None:
        return PAGE_SIZE
    if not (re.fullmatch("[0-9]{1,3}", given) and 1 <= int(given) <= MAX_PAGE_SIZE):
        message = f"must be a whole number from 1 to {MAX_PAGE_SIZE}"
        raise Invalid("There is no such limit", (FieldError("limit", message),))
    return int(given)
