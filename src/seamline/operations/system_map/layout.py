"""Where a map's boxes and lines are drawn. Callers stand left of those that they call, as far as there are no circles.

After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures", 1981: ranks, then
an order within each by the middle of the neighbours, then curves.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

WIDTH, HEIGHT = 168, 68
"""Of a box."""
GAP_X, GAP_Y, MARGIN = 200, 44, 40
MAX_IN_COLUMN = 8
LABEL_AT = 0.7
"""How far along a line its words stand."""
_SWEEPS = 4

Tie = tuple[str, str, str]
"""Source, target and kind of what goes between two boxes."""


class Box(NamedTuple):
    """A module; `x` and `y` are its upper left corner."""

    name: str
    x: float
    y: float


class Line(NamedTuple):
    """What goes from one box to another: an SVG path, and where words about it may stand."""

    source: str
    target: str
    kind: str
    path: str
    label_x: float
    label_y: float


class Picture(NamedTuple):
    """All of it, with its size."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


@lru_cache(maxsize=8)
def lay_out(names: tuple[str, ...], ties: tuple[Tie, ...]) -> Picture:
    """Place boxes and lines: the same for the same names and ties, in whatever order they are given."""
    names = tuple(sorted(set(names)))
    between = sorted({tie for tie in ties if tie[0] != tie[1] and {tie[0], tie[1]} <= {*names}})
    columns = _columns(names, between)
    tallest = max((len(column) for column in columns), default=0)
    boxes: dict[str, Box] = {}
    for number, column in enumerate(columns):
        top = MARGIN + (tallest - len(column)) * (HEIGHT + GAP_Y) / 2
        for row, name in enumerate(column):
            boxes[name] = Box(name, MARGIN + number * (WIDTH + GAP_X), top + row * (HEIGHT + GAP_Y))
    # What bends out of the last column needs room.
    width = 2 * MARGIN + len(columns) * WIDTH + max(len(columns) - 1, 0) * GAP_X + GAP_X / 2
    height = 2 * MARGIN + tallest * HEIGHT + max(tallest - 1, 0) * GAP_Y
    return Picture(width, height, tuple(boxes.values()), tuple(_lines(boxes, between)))


def _columns(names: Sequence[str], ties: Sequence[Tie]) -> list[list[str]]:
    after: dict[str, set[str]] = defaultdict(set)
    near: dict[str, set[str]] = defaultdict(set)
    for source, target, kind in ties:
        near[source].add(target)
        near[target].add(source)
        if kind == "calls":
            after[source].add(target)
    for source, target, kind in ties:
        # Where nobody calls, events say who is first.
        if kind != "calls" and source not in after[target] and not after[source]:
            after[source].add(target)
    ranks: dict[int, list[str]] = defaultdict(list)
    for name, rank in _ranks(names, after).items():
        ranks[rank].append(name)
    ordered = [sorted(ranks[rank]) for rank in sorted(ranks)]
    for _ in range(_SWEEPS):
        for rank, column in enumerate(ordered):
            ordered[rank] = _by_neighbours(column, ordered, near)
        for rank in reversed(range(len(ordered))):
            ordered[rank] = _by_neighbours(ordered[rank], ordered, near)
    return [
        column[start : start + MAX_IN_COLUMN] for column in ordered for start in range(0, len(column), MAX_IN_COLUMN)
    ]


def _ranks(names: Sequence[str], after: dict[str, set[str]]) -> dict[str, int]:
    """Give each its longest way from a beginning, without what would close a circle."""
    called = {target for targets in after.values() for target in targets}
    # Who is called least comes first, so that circles are cut where they lead back to a beginning.
    begin = sorted(names, key=lambda name: (name in called, -len(after[name]), name))
    order: list[str] = []
    state: dict[str, int] = {}
    forward: dict[str, list[str]] = defaultdict(list)

    def visit(name: str) -> None:
        state[name] = 1
        for target in sorted(after[name]):
            if state.get(target) == 1:
                continue
            forward[name].append(target)
            if target not in state:
                visit(target)
        state[name] = 2
        order.append(name)

    for name in begin:
        if name not in state:
            visit(name)
    ranks = dict.fromkeys(names, 0)
    for name in reversed(order):
        for target in forward[name]:
            ranks[target] = max(ranks[target], ranks[name] + 1)
    return ranks


def _by_neighbours(column: list[str], columns: list[list[str]], near: dict[str, set[str]]) -> list[str]:
    height = {name: row - len(each) / 2 for each in columns for row, name in enumerate(each)}

    def middle(name: str) -> tuple[float, str]:
        others = [height[other] for other in near[name] if other not in column]
        return (sum(others) / len(others) if others else height[name], name)

    return sorted(column, key=middle)


def _lines(boxes: dict[str, Box], ties: Iterable[Tie]) -> Iterable[Line]:
    """Draw each from a side of its source to a side of its target; those at one side are spread over it."""
    ports: dict[tuple[str, bool], list[tuple[float, Tie, bool]]] = defaultdict(list)
    sides: dict[Tie, tuple[bool, bool]] = {}
    for tie in ties:
        source, target = boxes[tie[0]], boxes[tie[1]]
        from_right, to_right = target.x >= source.x, target.x <= source.x
        sides[tie] = from_right, to_right
        ports[source.name, from_right].append((target.y, tie, True))
        ports[target.name, to_right].append((source.y, tie, False))
    heights: dict[tuple[Tie, bool], float] = {}
    for (name, _), there in ports.items():
        for number, (_, tie, is_start) in enumerate(sorted(there), start=1):
            heights[tie, is_start] = boxes[name].y + HEIGHT * number / (len(there) + 1)
    for tie, (from_right, to_right) in sides.items():
        source, target = boxes[tie[0]], boxes[tie[1]]
        start = (source.x + WIDTH * from_right, heights[tie, True])
        end = (target.x + WIDTH * to_right, heights[tie, False])
        reach = max(GAP_X / 2, abs(end[0] - start[0]) / 2) - 12
        first = (start[0] + (reach if from_right else -reach), start[1])
        last = (end[0] + (reach if to_right else -reach), end[1])
        # Lines are the farthest from each other where they end.
        x, y = (_on_curve(LABEL_AT, *each) for each in zip(start, first, last, end, strict=True))
        path = f"M{start[0]:.0f},{start[1]:.0f} C{first[0]:.0f},{first[1]:.0f} {last[0]:.0f},{last[1]:.0f} "
        yield Line(*tie, f"{path}{end[0]:.0f},{end[1]:.0f}", round(x, 1), round(y, 1))


def _on_curve(t: float, a: float, b: float, c: float, d: float) -> float:
    """Give one coordinate of a cubic Bézier curve."""
    return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
