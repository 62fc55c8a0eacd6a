"""What the files of a service depend on beside its module's manifest, read from the module's code."""

import ast
from dataclasses import dataclass

from extraction.project import LAYERS, Project

FILE_FIELDS = frozenset({"django.db.models.FileField", "django.db.models.ImageField"})
SIGNING_KEY = "django.conf.settings.JWT_PRIVATE_KEY"


@dataclass(frozen=True, slots=True)
class Traits:
    """What kind of module it is."""

    monolith: str
    """What the deployable is called that it comes from."""
    has_api: bool
    """Whether it answers under `/api/v1/`."""
    has_demo: bool
    """Whether it has example data."""
    keeps_files: bool
    """Whether a model of it has a file field."""
    issues_tokens: bool
    """Whether it signs users' access tokens."""

    @classmethod
    def of(cls, project: Project, module: str) -> "Traits":
        """The traits of a module."""
        folder = project.folder(module)
        rooms = {
            path.removeprefix(f"{folder}/").partition("/")[0].removesuffix(".py") for path in project.files(folder)
        }
        sources = [source for source in project.module_sources(module) if not source.is_test]
        return cls(
            monolith=_name(project),
            has_api="urls" in rooms,
            has_demo="demo" in rooms,
            keeps_files=any(name in FILE_FIELDS for source in sources for name, _ in source.calls()),
            issues_tokens=any(
                source.qualified(node) == SIGNING_KEY
                for source in sources
                for node in source.nodes
                if isinstance(node, ast.Attribute)
            ),
        )


def _name(project: Project) -> str:
    names = project.source(f"{LAYERS['config']}/identity.py").assigned("SERVICE_NAME")
    return next((name for name, _ in names if name), "monolith")
