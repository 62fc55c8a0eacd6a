"""The map of the modules: what manifests say, for those who draw it."""

import json
import re

import pytest

from tests.extraction.miniature import Monolith
from tests.processes import REPOSITORY


@pytest.fixture
def told(monolith: Monolith) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads(monolith.run("map", "--json").output)
    return found


def test_each_module_is_there_once(told: dict[str, list[dict[str, object]]]) -> None:
    assert [node["name"] for node in told["modules"]] == ["ink", "pens"]


def test_an_edge_says_from_whom_to_whom_and_what(monolith: Monolith, told: dict[str, list[dict[str, object]]]) -> None:
    names = {node["name"] for node in told["modules"]}
    for edge in told["edges"]:
        assert {edge["source"], edge["target"]} <= names
        assert edge["kind"] in ("calls", "events")
        assert edge["names"]
    drawn = monolith.run("map").output
    assert drawn.startswith("flowchart LR\n")
    assert drawn.count("-->") == sum(edge["kind"] == "calls" for edge in told["edges"])
    assert drawn.count("-.->") == sum(edge["kind"] == "events" for edge in told["edges"])
    planted = monolith.run("map", "--plantuml").output
    assert (planted.startswith("@startuml\n"), planted.endswith("@enduml\n")) == (True, True)
    assert planted.count("..>") + planted.count("-->") == len(told["edges"])


def test_the_picture_in_the_readme_is_the_map(repository_map: str) -> None:
    [shown] = re.findall(r"```mermaid\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.DOTALL)
    assert shown == repository_map, "run python -m extraction map"


@pytest.fixture
def repository_map() -> str:
    from extraction.cli.map import as_mermaid
    from extraction.reading import edges
    from extraction.reading.project import Project

    return as_mermaid(edges.draw(Project.at(REPOSITORY))) + "\n"
