"""The map of the modules, as text that something else draws."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict

import click

from extraction.cli.common import with_project
from extraction.reading import edges
from extraction.reading.edges import ModuleMap
from extraction.reading.project import Project


def as_mermaid(found: ModuleMap) -> str:
    """Write it for Mermaid, which GitHub and GitLab draw in a page."""

    def lines() -> Iterator[str]:
        yield "flowchart LR"
        for node in found.nodes:
            yield f"    {node.name}{f'([{node.name}])' if node.has_left else f'[{node.name}]'}"
        for edge in found.edges:
            arrow = "-->" if edge.kind == "calls" else "-.->"
            yield f'    {edge.source} {arrow}|"{"<br>".join(edge.names)}"| {edge.target}'

    return "\n".join(lines())


def as_plantuml(found: ModuleMap) -> str:
    """Write it for PlantUML, as a component diagram."""

    def lines() -> Iterator[str]:
        yield "@startuml"
        yield "left to right direction"
        for node in found.nodes:
            yield f"{'cloud' if node.has_left else 'component'} {node.name}"
        for edge in found.edges:
            arrow = "-->" if edge.kind == "calls" else "..>"
            yield f"{edge.source} {arrow} {edge.target} : {', '.join(edge.names)}"
        yield "@enduml"

    return "\n".join(lines())


def as_json(found: ModuleMap) -> str:
    """Write it for programs."""
    return json.dumps({"modules": [*map(asdict, found.nodes)], "edges": [*map(asdict, found.edges)]}, indent=2)


FORMATS: dict[str, Callable[[ModuleMap], str]] = {"mermaid": as_mermaid, "plantuml": as_plantuml, "json": as_json}


@click.command("map", epilog="Example: python -m extraction map --mermaid > docs/modules.mmd")
@click.option("--mermaid", "chosen", flag_value="mermaid", default="mermaid", help="For Mermaid.  [default]")
@click.option("--plantuml", "chosen", flag_value="plantuml", help="For PlantUML.")
@click.option("--json", "chosen", flag_value="json", help="For programs.")
@with_project
def draw_map(project: Project, chosen: str) -> None:
    """Draw every module, whom it calls, and to whom its events go.

    An arrow of calls goes from the caller; a dotted one goes where events go. A module that has left is round.
    """
    click.echo(FORMATS[chosen](edges.draw(project)))
