"""How modules hang together by what their manifests say: who calls whom, and whose events go to whom."""

from dataclasses import dataclass

from extraction.reading.layout import owner_of_contract
from extraction.reading.project import Project


@dataclass(frozen=True, slots=True)
class Node:
    """A module."""

    name: str
    summary: str
    has_left: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """What goes from one module to another: calls of its contracts, or events to a subscriber."""

    source: str
    target: str
    kind: str
    """`calls` or `events`"""
    names: tuple[str, ...]
    """The contracts that are called, or the events."""


@dataclass(frozen=True, slots=True)
class ModuleMap:
    """All modules and what goes between them, in a fixed order."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def draw(project: Project) -> ModuleMap:
    """Read it from the manifests."""
    manifests = [project.manifests[name] for name in project.folders if name in project.manifests]
    nodes = tuple(Node(each.name, each.summary, each.name in project.departed) for each in manifests)
    found: dict[tuple[str, str, str], set[str]] = {}
    for manifest in manifests:
        for dotted in manifest.calls:
            key = (manifest.name, owner_of_contract(dotted) or dotted, "calls")
            found.setdefault(key, set()).add(_name(dotted))
        for dotted in manifest.subscribes:
            key = (owner_of_contract(dotted) or dotted, manifest.name, "events")
            found.setdefault(key, set()).add(_name(dotted))
    edges = (Edge(*key, tuple(sorted(names))) for key, names in sorted(found.items()))
    return ModuleMap(nodes, tuple(edges))


def _name(dotted: str) -> str:
    return dotted.rpartition(".")[2]
