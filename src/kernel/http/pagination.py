"""Lists: `{"results": [...], "next": url or null, "previous": url or null}`, by cursor."""

import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from contracts.language import Value
from kernel.http.problems import FieldError, Invalid

T = TypeVar("T")

PARAMETERS = (
    OpenApiParameter("cursor", str, description="Where to go on, as `next` and `previous` give it."),
    OpenApiParameter("limit", int, description="How many at most, 1 to 100; 20 unless told."),
)


class Page(Value, Generic[T]):
    """Some of a list, and where the rest is."""

    results: tuple[T, ...]
    next: str | None
    previous: str | None


class _Cursor(CursorPagination):
    page_size = 20
    max_page_size = 100
    page_size_query_param = "limit"


def paginated(request: Request, rows: Any, ordering: str, to: Callable[[Any], T]) -> Page[T]:
    """One page of a queryset, each row turned `to` its struct. `ordering` is a field that does not change.

    A cursor that was not given out by us is answered with 404, a limit that is none with 422.
    """
    _check_limit(request.GET.get("limit"))
    cursor = _Cursor()
    cursor.ordering = ordering
    try:
        found: list[Any] = cursor.paginate_queryset(rows, request) or []
    except (ValidationError, ValueError, OverflowError):
        raise NotFound("There is no such cursor") from None
    return Page(tuple(to(row) for row in found), cursor.get_next_link(), cursor.get_previous_link())


def _check_limit(given: str | None) -> None:
    if given is not None and not (re.fullmatch("[0-9]{1,3}", given) and 1 <= int(given) <= _Cursor.max_page_size):
        message = f"must be a whole number from 1 to {_Cursor.max_page_size}"
        raise Invalid("There is no such limit", (FieldError("limit", message),))
