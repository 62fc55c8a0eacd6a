"""Which rule a disagreement falls under: that depends on who writes and who reads, and on what.

Arguments and commands flow from caller to server; answers, errors and events flow back. Each is tried in two
directions: written before the change and read after it, and the other way round.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from extraction.compat import rules
from extraction.compat.rules import Rule
from extraction.compat.schema import Kind, Typed, problems


class Flow(NamedTuple):
    """What disagreements mean for one of them."""

    old_to_new: Mapping[Kind, Rule]
    """Written by a peer from before the change, read by one from after it."""
    new_to_old: Mapping[Kind, Rule]
    """The other way round, where the first way has not told it already."""
    changed: Rule
    """Values that fit in neither direction."""


SENT = Flow(
    old_to_new={
        Kind.ABSENT: rules.ARGUMENT_ADDED_REQUIRED,
        Kind.OPTIONAL: rules.ARGUMENT_REQUIRED,
        Kind.UNKNOWN: rules.ARGUMENT_REMOVED,
        Kind.REFUSED: rules.ARGUMENT_REMOVED,
        Kind.STRICTER: rules.STRUCT_CLOSED,
        Kind.VALUE: rules.ARGUMENT_NARROWED,
        Kind.DEFAULT: rules.DEFAULT_CHANGED,
    },
    new_to_old={
        Kind.OPTIONAL: rules.ARGUMENT_OPTIONAL,
        Kind.UNKNOWN: rules.ARGUMENT_ADDED,
        Kind.REFUSED: rules.ARGUMENT_REFUSED,
        Kind.STRICTER: rules.STRUCT_OPENED,
        Kind.VALUE: rules.ARGUMENT_WIDENED,
    },
    changed=rules.ARGUMENT_CHANGED,
)
SENT_INSIDE = Flow(
    old_to_new=SENT.old_to_new,
    new_to_old={**SENT.new_to_old, Kind.OPTIONAL: rules.FIELD_OPTIONAL},
    changed=rules.ARGUMENT_CHANGED,
)
"""For structs among the arguments: all arguments are sent, but a struct may leave out what equals its default."""
HEARD = Flow(
    old_to_new={
        Kind.ABSENT: rules.FIELD_ADDED_REQUIRED,
        Kind.OPTIONAL: rules.FIELD_REQUIRED,
        Kind.UNKNOWN: rules.FIELD_REMOVED,
        Kind.REFUSED: rules.FIELD_REMOVED,
        Kind.STRICTER: rules.STRUCT_CLOSED,
        Kind.VALUE: rules.FIELD_NARROWED,
        Kind.DEFAULT: rules.DEFAULT_CHANGED,
    },
    new_to_old={
        Kind.OPTIONAL: rules.FIELD_OPTIONAL,
        Kind.UNKNOWN: rules.FIELD_ADDED,
        Kind.REFUSED: rules.FIELD_REFUSED,
        Kind.STRICTER: rules.STRUCT_OPENED,
        Kind.VALUE: rules.FIELD_WIDENED,
    },
    changed=rules.FIELD_CHANGED,
)


class FieldChange(NamedTuple):
    """A rule that applies, the field it applies to, and the values in words."""

    rule: Rule
    path: str
    values: str


def sent(old: Typed, new: Typed) -> Iterator[FieldChange]:
    """What changed in the arguments of an operation."""
    return _changes(SENT, SENT_INSIDE, old, new)


def heard(old: Typed, new: Typed) -> Iterator[FieldChange]:
    """What changed in an answer, an error or an event."""
    return _changes(HEARD, HEARD, old, new)


def _changes(top: Flow, inside: Flow, old: Typed, new: Typed) -> Iterator[FieldChange]:
    there, back = _grouped(old, new), _grouped(new, old)
    for (path, kind), values in there.items():
        flow = inside if _is_inside(path) else top
        if kind is Kind.VALUE and (opposite := back.get((path, kind))):
            yield FieldChange(flow.changed, path, f"{' or '.join(opposite)}, not {' or '.join(values)}")
        elif kind in flow.old_to_new:
            yield FieldChange(flow.old_to_new[kind], path, " or ".join(values))
    for (path, kind), values in back.items():
        flow = inside if _is_inside(path) else top
        is_told = (kind is Kind.VALUE and (path, kind) in there) or (path, Kind.ABSENT) in there
        if kind in flow.new_to_old and not is_told:
            yield FieldChange(flow.new_to_old[kind], path, " or ".join(values))


def _grouped(writer: Typed, reader: Typed) -> dict[tuple[str, Kind], list[str]]:
    found: dict[tuple[str, Kind], list[str]] = {}
    for kind, path, value in problems(writer, reader):
        found.setdefault((path, kind), []).append(value)
    return found


def _is_inside(path: str) -> bool:
    return "." in path or "[" in path
