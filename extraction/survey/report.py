"""A survey from beginning to end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from extraction.survey.apps import Apps, find_apps
from extraction.survey.facts import FileFacts
from extraction.survey.graph import Cycle, clusters, cycles
from extraction.survey.index import Index
from extraction.survey.model import OUTSIDE, Coupling, Findings, Unreadable
from extraction.survey.price import Prices, Staying, Step, libraries, order
from extraction.survey.rules import Place, resolve_all
from extraction.survey.scan import Report, read_python, read_templates
from extraction.survey.settings import Settings, SettingsReader
from extraction.survey.tree import Tree, python_names, template_name


class NoDjangoProject(Exception):
    """There is no app to survey."""


def find(root: Path, report: Report = lambda done, total: None, packages: Iterable[str] = ()) -> Findings:
    """Read a project and find its couplings; `packages` count as apps, installed or not. Raises `NoDjangoProject`."""
    return read(root, report, packages)[0]


def read(root: Path, report: Report = lambda done, total: None, packages: Iterable[str] = ()) -> tuple[Findings, Index]:
    """Do the same, and keep what was read for those who ask more of it. Raises `NoDjangoProject`."""
    root = root.resolve()
    tree = Tree.of(root)
    names = {name: path for path, name in python_names(tree) if name}
    settings = SettingsReader(tree, names).settings()
    apps = find_apps(tree, settings, names, packages)
    if not apps.by_label:
        raise NoDjangoProject(_nothing(root, tree, settings))
    files = read_python(tree, lambda path: _app_name(apps, path), report)
    index = Index([facts for facts in files if not facts.error], apps, settings)
    return _found(tree, settings, apps, files, index), index


def _found(tree: Tree, settings: Settings, apps: Apps, files: list[FileFacts], index: Index) -> Findings:
    pages = list(read_templates(tree))
    for path in tree.templates:
        _own_template(index, path)
    _measure(index, files)
    couplings = sorted(set(_couplings(index, [*files, *pages])))
    errors = [Unreadable(f.path, *f.error) for f in (*files, *pages) if f.error]
    return Findings(
        root=str(tree.root),
        settings=settings.paths,
        apps=dict(sorted(apps.by_label.items())),
        couplings=[found for found in couplings if OUTSIDE not in (found.source, found.target)],
        outside=[found for found in couplings if OUTSIDE in (found.source, found.target)],
        unreadable=sorted({*tree.unreadable, *errors}),
        notes=list(_notes(tree, settings, index)),
        files=len(files) - sum(1 for facts in files if facts.error),
        lines=sum(facts.lines for facts in files),
    )


def _couplings(index: Index, files: Iterable[FileFacts]) -> Iterator[Coupling]:
    for facts in files:
        yield from resolve_all(Place(facts.path, index.apps.of_path(facts.path), index), facts.clues)


def _app_name(apps: Apps, path: str) -> str | None:
    """The dotted name that an app's own package gives a file, which need not be that of the folders above."""
    app = apps.of_path(path)
    if app is None:
        return None
    inside = path.removeprefix(f"{app.folder}/").removesuffix(".py").removesuffix("__init__").strip("/")
    return ".".join([app.package, *inside.split("/")]) if inside else app.package


def _own_template(index: Index, path: str) -> None:
    folder, name = template_name(path)
    # One in the project's own folder is by custom of the app that its first folder is named after.
    owner = index.apps.of_path(f"{folder}/x") or index.apps.by_label.get(name.partition("/")[0])
    index.templates[name].append(owner)


def _measure(index: Index, files: list[FileFacts]) -> None:
    for facts in files:
        if app := index.apps.of_path(facts.path):
            app.files, app.lines = app.files + 1, app.lines + facts.lines
    for model in index.by_label.values():
        if model.app and not model.is_proxy:
            model.app.models += 1
    for model in index.page_models():
        if model.app:
            model.app.page_models = (*model.app.page_models, model.fact.name)
    if index.user and index.user.app:
        index.user.app.is_user = True


def _notes(tree: Tree, settings: Settings, index: Index) -> Iterator[str]:
    if not settings.installed_apps:
        yield "no INSTALLED_APPS was found: every folder with models or an AppConfig is taken for an app"
    if settings.has_atomic_requests:
        yield "ATOMIC_REQUESTS is set: every request is one transaction, over all apps that it writes to"
    if index.user is None and settings.installed_apps:
        yield f"the user model {settings.user_model} is not in the project: keys to it cross no boundary of its own"
    if tree.tests:
        yield f"{tree.tests:,} test file{' is' if tree.tests == 1 else 's are'} left out"


def _nothing(root: Path, tree: Tree, settings: Settings) -> str:
    if not tree.python:
        return f"there is no Python file in {root}"
    if settings.installed_apps:
        where = ", ".join(settings.paths)
        return f"none of the {len(settings.installed_apps)} INSTALLED_APPS in {where} has its code in {root}"
    return f"{root} has no INSTALLED_APPS and no folder with models.py or apps.py: is it a Django project?"


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found, and what follows from it."""

    findings: Findings
    libraries: tuple[str, ...]
    cycles: list[Cycle]
    clusters: list[tuple[str, ...]]
    steps: list[Step]
    staying: list[Staying]


def survey(root: Path, report: Report = lambda done, total: None) -> Survey:
    """Survey a project. Raises `NoDjangoProject`."""
    findings = find(root, report)
    shared = libraries(findings.apps, findings.couplings)
    steps, staying = order(Prices(findings.apps, findings.couplings, shared))
    groups = clusters(findings.apps, findings.couplings, shared)
    return Survey(findings, tuple(sorted(shared)), cycles(findings.couplings), groups, steps, staying)
