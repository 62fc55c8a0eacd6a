"""What is written around the code of a service: of each module here, and of two that are as different as can be."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from extraction.reading.manifest import Setting
from extraction.reading.project import Project
from extraction.writing import plan, rendering
from extraction.writing.plan import File
from extraction.writing.rendering import Subject
from extraction.writing.traits import Traits
from tests.processes import REPOSITORY

PROJECT = Project.at(REPOSITORY)
KUBERNETES = "deploy/kubernetes/"

BARE = Subject(
    module="spare_parts",
    summary="Spare parts.",
    operations=(),
    calls=(),
    subscribes=(),
    subscribers=(),
    callers=(),
    contracts=("spare_parts",),
    settings=(),
    traits=Traits("shop", has_api=False, has_demo=False, keeps_files=False, issues_tokens=False),
)
FULL = Subject(
    module="parts",
    summary="Parts.",
    operations=(("Parts.part", "query"), ("Parts.make", "command")),
    calls=("tools",),
    subscribes=("tools.ToolSharpened", "wood.TreeFelled"),
    subscribers=(("parts.PartMade.v1", ("tools", "wood")),),
    callers=(("parts", ("tools",)),),
    contracts=("parts", "tools", "wood"),
    settings=(
        Setting("SECRET", "What nobody knows.", "development", True, 1),
        Setting("SIZE", "How big.", "1", False, 2),
        Setting("PLACE", "Where it stands.", "here", True, 3, secret=False),
    ),
    traits=Traits("shop", has_api=True, has_demo=True, keeps_files=True, issues_tokens=True),
)


@dataclass(frozen=True, eq=False)
class Service:
    """The text files of a service, by path."""

    name: str
    texts: dict[str, str]

    @cached_property
    def manifests(self) -> dict[str, dict[str, Any]]:
        """What it tells Kubernetes, by path in the folder; not what it tells Kustomize."""
        paths = (path for path in self.texts if path.startswith(KUBERNETES) and "kustomization" not in path)
        return {path.removeprefix(KUBERNETES): yaml.safe_load(self.texts[path]) for path in paths}

    def yaml(self, path: str) -> Any:
        """What a file says."""
        return yaml.safe_load(self.texts[path])

    def write(self, folder: Path, below: str) -> Path:
        """Put its files below a path into a folder of its own."""
        for path, text in self.texts.items():
            if path.startswith(below):
                place = folder / self.name / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)
        return folder / self.name / below


def texts_of(files: Iterable[File]) -> dict[str, str]:
    """Read those that are text, by path; a module may also have pictures and compiled translations."""
    texts = {}
    for file in files:
        with suppress(UnicodeDecodeError):
            texts[file.path] = file.content.decode()
    return texts


@cache
def of_module(module: str) -> Service:
    """The service of a module of this repository."""
    planned = plan.plan(PROJECT, module)
    return Service(planned.service, texts_of(planned.files))


@cache
def different_services() -> tuple[Service, ...]:
    """One of this repository, and a bare and a full one, of which there is no code."""
    imagined = (Service(subject.service, dict(rendering.render(subject))) for subject in (BARE, FULL))
    return (of_module(PROJECT.modules[0]), *imagined)


def _text(content: bytes) -> str | None:
    """What a file says, unless it is for machines: a picture, or a compiled catalogue of messages."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
