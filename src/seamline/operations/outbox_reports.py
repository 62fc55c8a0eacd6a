"""How `manage.py events` tells what it found."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from seamline.operations.event_administration import Dead, Delivered, Standing

_COLUMNS = ("module", "subscriber", "waiting", "delivering", "dead", "blocked", "oldest", "backoff until")


def standings(found: Mapping[str, Sequence[Standing]], as_json: bool = False) -> str:
    """Show what each subscriber has still to get."""
    rows = [(module, standing) for module, of_module in found.items() for standing in of_module]
    if as_json:
        return _json([{"module": module, **standing._asdict()} for module, standing in rows])
    cells = [
        (
            module,
            s.subscriber,
            s.waiting,
            s.delivering,
            s.dead,
            s.blocked,
            _age(s.oldest_seconds),
            _time(s.backoff_until),
        )
        for module, s in rows
    ]
    table = [_COLUMNS, *([str(cell) for cell in row] for row in cells)]
    widths = [max(len(row[column]) for row in table) for column in range(len(_COLUMNS))]
    return "\n".join(_line(row, widths) for row in table)


def dead(found: Mapping[str, Sequence[Dead]], as_json: bool = False) -> str:
    """Dead events, with what is blocked behind them."""
    rows = [(module, event) for module, of_module in found.items() for event in of_module]
    if as_json:
        return _json([{"module": module, **event._asdict()} for module, event in rows])
    return "\n".join(
        f"{event.name} to {event.subscriber}\n"
        f"    event      {event.event_id}\n"
        f"    key        {event.key}, {event.blocked} blocked behind it\n"
        f"    published  {_time(event.published_at)}, failed {event.failures} times\n"
        f"    error      {event.last_error}"
        for _, event in rows
    )


def show_delivered(found: Mapping[str, Delivered], subscriber: str) -> str:
    """Show what a replay would send again."""
    return "\n".join(
        f"{events(each.number)} of {module}, delivered to {subscriber} from {_time(each.first)} to {_time(each.last)}"
        for module, each in found.items()
    )


def events(number: int) -> str:
    """Any number of events, in words."""
    return f"{number:,} event" + ("" if number == 1 else "s")


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    # Words to the left, numbers to the right.
    cells = [
        cell.ljust(width) if column < 2 or column == len(row) - 1 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _age(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:,.0f} s"


def _time(moment: datetime | None) -> str:
    return "-" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%SZ")


def _json(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, indent=2, cls=DjangoJSONEncoder)
