"""Whom a module calls is what the product needs: it goes round in no circle but for a reason."""

from graphlib import TopologicalSorter
from pathlib import Path

from extraction.cost.call_sites import crossings
from extraction.reading.layout import owner_of_contract
from extraction.reading.project import Project

ROOT = Path(__file__).parents[2]
REASONS = {("inventory", "orders"): "its job release_orphans asks what became of orders that hold something"}
"""Calls that close a circle, and what the product needs them for."""


def calls(project: Project) -> set[tuple[str, str]]:
    manifests = project.manifests.items()
    return {(module, str(owner_of_contract(name))) for module, manifest in manifests for name in manifest.calls}


def test_no_calls_go_round_in_a_circle_without_a_reason() -> None:
    edges = calls(Project.at(ROOT))
    assert REASONS.keys() <= edges, "a reason that is none any more"
    graph = TopologicalSorter()
    for caller, called in edges - REASONS.keys():
        graph.add(caller, called)
    graph.prepare()


def test_no_audit_calls_another_module() -> None:
    assert [call for call in crossings(Project.at(ROOT)) if "audit" in call.within] == []
