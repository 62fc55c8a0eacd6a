"""What the files of a service depend on beside its module's manifest, read from the module's code."""

from dataclasses import dataclass

from extraction.reading.classes import is_derived
from extraction.reading.layout import IDENTITY
from extraction.reading.project import Project
from extraction.reading.source import Source

FILE_FIELD = "django.db.models.fields.files.FileField"
ACCOUNTS = "seamline.accounts"
"""The application of whoever signs users' access tokens."""


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
    """Whether a model of it has a file field, of Django's or of a class made from it."""
    issues_tokens: bool
    """Whether it signs users' access tokens."""
    license: str = ""
    """What its licence calls itself: that of the monolith, where it has one."""
    api_license: str = ""
    """The identifier of the licence that the monolith has for its API."""

    @classmethod
    def of(cls, project: Project, module: str) -> "Traits":
        """The traits of a module."""
        folder = project.folder(module)
        rooms = {
            path.removeprefix(f"{folder}/").partition("/")[0].removesuffix(".py") for path in project.files(folder)
        }
        sources = [source for source in project.module_sources(module) if not source.is_test]
        return cls(
            monolith=_identity(project, "SERVICE_NAME", "monolith"),
            has_api="urls" in rooms,
            has_demo="demo" in rooms,
            keeps_files=any(is_derived(name, FILE_FIELD, project.root) for name in _called(sources)),
            license=_license(project),
            api_license=_identity(project, "LICENSE", ""),
            issues_tokens=ACCOUNTS in project.manifests[module].apps,
        )


def _called(sources: list[Source]) -> set[str]:
    """Names of what may be a class. Migrations have every field of a model, those of abstract bases too."""
    called = {name for source in sources for name, _ in source.calls()}
    return {name for name in called if name.rpartition(".")[2][:1].isupper()}


def _license(project: Project) -> str:
    place = project.root / "LICENSE"
    return next(filter(None, map(str.strip, place.read_text().splitlines())), "") if place.is_file() else ""


def _identity(project: Project, name: str, default: str) -> str:
    """Read what the deployable says of itself."""
    return next((value for value, _ in project.source(IDENTITY).assigned(name) if value), default)
