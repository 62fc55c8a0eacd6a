"""What it would take for an app to leave, who could be first, and for whom it is not worth it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from extraction.survey.kinds import KINDS, TRAVELLING
from extraction.survey.model import EVERY, App, Coupling

FURTHER_PLACE = 0.1
"""A thing that is paid for once costs this part of its weight at each further place."""
LIBRARY = 0.1
"""What a library gives costs this part: it travels along."""
MIN_USERS = 3
TWIN_SHARE = 0.5
MAX_PER_1000_LINES = 150
MIN_OUTWEIGHING = 50
"""Ties that cost less outweigh nobody, however small."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one kind of coupling adds to a price."""

    kind: str
    places: int
    things: int
    price: float


@dataclass(frozen=True, slots=True)
class Step:
    """An app's turn to leave."""

    app: str
    price: float
    """With all that came before it gone already."""
    alone: float
    """If it were the first."""
    costs: tuple[Cost, ...]
    partners: tuple[tuple[str, float], ...]
    """The apps that its price is with, the dearest first."""
    remark: str


@dataclass(frozen=True, slots=True)
class Staying:
    """An app that is not worth taking out, and why."""

    app: str
    alone: float
    costs: tuple[Cost, ...]
    reason: str


def libraries(apps: Mapping[str, App], couplings: Iterable[Coupling]) -> frozenset[str]:
    """Find the apps without tables that more apps use than they use."""
    users: dict[str, set[str]] = defaultdict(set)
    used: dict[str, set[str]] = defaultdict(set)
    for found in couplings:
        users[found.target].add(found.source)
        used[found.source].add(found.target)
    return frozenset(
        name for name, app in apps.items() if not app.models and len(users[name]) >= max(MIN_USERS, len(used[name]) + 1)
    )


@dataclass(slots=True)
class Prices:
    """Prices by what is left of a project."""

    apps: Mapping[str, App]
    couplings: list[Coupling]
    shared: frozenset[str]

    def costs(self, app: str, left: frozenset[str] | None = None) -> tuple[Cost, ...]:
        """What it takes, by kind, the dearest first; among those that are left only."""
        places: dict[str, Counter[tuple[str, str, str]]] = defaultdict(Counter)
        for found in self._of(app, left):
            places[found.kind][found.source, found.target, found.thing] += 1
        costs = [Cost(kind, sum(n.values()), len(n), self._price(kind, n)) for kind, n in places.items()]
        return tuple(sorted(costs, key=lambda cost: (-cost.price, cost.kind)))

    def partners(self, app: str) -> tuple[tuple[str, float], ...]:
        """The other apps, each with what the ties to it cost."""
        by_other: dict[str, list[Coupling]] = defaultdict(list)
        for found in self._of(app, None):
            by_other[found.target if found.source == app else found.source].append(found)
        prices = {other: sum(self._prices(found)) for other, found in by_other.items() if other != EVERY}
        return tuple(sorted(prices.items(), key=lambda item: (-item[1], item[0])))

    def _prices(self, couplings: list[Coupling]) -> Iterable[float]:
        places: dict[str, Counter[tuple[str, str, str]]] = defaultdict(Counter)
        for found in couplings:
            places[found.kind][found.source, found.target, found.thing] += 1
        return [self._price(kind, counted) for kind, counted in places.items()]

    def _of(self, app: str, left: frozenset[str] | None) -> Iterable[Coupling]:
        for found in self.couplings:
            if app in (found.source, found.target):
                other = found.target if found.source == app else found.source
                if left is None or other in left or other == EVERY:
                    yield found

    def _price(self, kind: str, places: Mapping[tuple[str, str, str], int]) -> float:
        weight = KINDS[kind].weight
        total = 0.0
        for (_, target, _), number in places.items():
            travels = target in self.shared and kind in TRAVELLING
            total += weight * (LIBRARY if travels else 1) * (1 + FURTHER_PLACE * (number - 1))
        return round(total, 1)


def order(prices: Prices) -> tuple[list[Step], list[Staying]]:
    """Take out the cheapest, again and again: what is paid for with one is not paid for with the next."""
    alone = {name: prices.costs(name) for name in prices.apps}
    partners = {name: prices.partners(name) for name in prices.apps}
    staying = [
        Staying(name, total(alone[name]), alone[name], reason)
        for name, app in prices.apps.items()
        if (reason := _reason_to_stay(prices, app, total(alone[name])))
    ]
    left, waiting = frozenset(prices.apps), set(prices.apps) - {each.app for each in staying}
    steps: list[Step] = []
    while waiting:
        now = {name: total(prices.costs(name, left)) for name in waiting}
        name = min(waiting, key=lambda app: (now[app], app))
        remark = _remark(prices, prices.apps[name], partners[name])
        steps.append(Step(name, now[name], total(alone[name]), alone[name], partners[name][:3], remark))
        waiting.remove(name)
        left -= {name}
    return steps, sorted(staying, key=lambda each: (each.reason, each.app))


def total(costs: Iterable[Cost]) -> float:
    """The whole price."""
    return round(sum(cost.price for cost in costs), 1)


def _reason_to_stay(prices: Prices, app: App, price: float) -> str:
    if app.label in prices.shared:
        return "a library: no tables, and others build on it; it travels along with whoever leaves"
    if not app.models:
        return "no tables: there is no data to own; its code goes where it is used, or stays at the edge"
    if app.page_models:
        pages = len(app.page_models)
        return f"{pages} of its {app.models} models stand in a page tree that all apps share: their rows cannot part"
    if price > MIN_OUTWEIGHING and price * 1000 > MAX_PER_1000_LINES * app.lines:
        partners = prices.partners(app.label)
        ties = f"its ties outweigh it, a price of {price:,.0f} for {app.lines:,} lines"
        return f"{ties}: it is tied to {len(partners)} apps, to {partners[0][0]} most"
    return ""


def _remark(prices: Prices, app: App, partners: tuple[tuple[str, float], ...]) -> str:
    whole = sum(price for _, price in partners)
    if app.is_user and any(cost.kind == "user-key" for cost in prices.costs(app.label)):
        return "it has the users, to whom everyone has keys"
    is_twin = whole and partners[0][1] / whole > TWIN_SHARE and len(partners) > 1
    if is_twin and partners[0][0] not in prices.shared and not prices.apps[partners[0][0]].is_user:
        return f"{partners[0][1] / whole:.0%} of its price is with {partners[0][0]}: rather the two of them together"
    return ""
