"""Import cycles, and apps that belong together."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx as nx

from extraction.survey.kinds import KINDS
from extraction.survey.model import EVERY, App, Coupling

_SEED = 1
_MAX_CUTS = 5
_AT_RUN_TIME = ("import", "import-in-function")


@dataclass(frozen=True, slots=True)
class Cycle:
    """Apps that all import each other, directly or not."""

    apps: tuple[str, ...]
    thinnest: tuple[tuple[str, str, int], ...]
    """The imports from app to app that are fewest: where to begin to cut."""


def cycles(couplings: Iterable[Coupling]) -> list[Cycle]:
    """Find the groups of apps that import each other in a circle, the largest first."""
    counted = Counter((found.source, found.target) for found in couplings if found.kind in _AT_RUN_TIME)
    graph: nx.DiGraph[str] = nx.DiGraph(sorted(counted))
    groups = [frozenset(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]
    return [_cycle(group, counted) for group in sorted(groups, key=lambda group: (-len(group), sorted(group)))]


def _cycle(group: frozenset[str], counted: Mapping[tuple[str, str], int]) -> Cycle:
    inside = [(a, b, number) for (a, b), number in counted.items() if a in group and b in group]
    return Cycle(tuple(sorted(group)), tuple(sorted(inside, key=lambda edge: (edge[2], edge))[:_MAX_CUTS]))


def clusters(apps: Mapping[str, App], couplings: Iterable[Coupling], without: frozenset[str]) -> list[tuple[str, ...]]:
    """Find the apps that belong together by the weight of what ties them; libraries would tie everything."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(sorted(set(apps) - without))
    weights: Counter[tuple[str, str]] = Counter()
    for found in couplings:
        if found.target != EVERY and not {found.source, found.target} & without:
            a, b = sorted((found.source, found.target))
            weights[a, b] += KINDS[found.kind].weight  # type: ignore[assignment]  # a counter of fractions
    graph.add_weighted_edges_from((a, b, weight) for (a, b), weight in sorted(weights.items()))
    found_groups = nx.community.louvain_communities(graph, weight="weight", seed=_SEED) if graph else []
    groups = [tuple(sorted(group)) for group in found_groups]
    return sorted((group for group in groups if len(group) > 1), key=lambda group: (-len(group), group))
