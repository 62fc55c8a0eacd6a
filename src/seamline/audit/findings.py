"""What an audit finds, and what a module's own checks are made of."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from django.db.models import Model, QuerySet

BATCH_SIZE = 200
"""Rows that are looked at together: as many as a contract's query about many takes."""
SETTLING_TIME = timedelta(minutes=1)
"""What changed less long ago may still be on its way."""
M = TypeVar("M", bound=Model)


class Finding(NamedTuple):
    """Something that does not agree."""

    subject: str
    """What it is about, with its id: `order 4b92…`."""
    problem: str
    settling: bool = False
    """Whether it may come right by itself."""
    remedy: str = ""
    """What a person does about it, where that is known."""

    def __str__(self) -> str:
        return f"{self.subject}: {self.problem}"


class Checked(NamedTuple):
    """Some rows that were looked at, and what was found. A module's `audit.py` yields these from `checks()`."""

    number: int
    findings: tuple[Finding, ...] = ()


def pages(rows: QuerySet[M]) -> Iterator[list[M]]:
    """Read all rows, a batch at a time."""
    page = list(rows.order_by("pk")[:BATCH_SIZE])
    while page:
        yield page
        page = list(rows.order_by("pk").filter(pk__gt=page[-1].pk)[:BATCH_SIZE])


def undo(module: str, call: str) -> str:
    """Put the remedy for what was done for something that does not exist: a server that took over may have lost it."""
    return (
        "a failover may have lost it; to undo this: "
        f'manage.py shell -c "from modules.{module} import service; service.{call}"'
    )


def is_young(moment: datetime) -> bool:
    """Tell whether what came about then may still be on its way."""
    return datetime.now(moment.tzinfo) - moment < SETTLING_TIME
