"""`finish`: a module's code leaves the monolith for good."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from extraction import analysis
from extraction.departure import service_repository
from extraction.departure.agreement import agreement
from extraction.departure.atomic_replace import replace_atomically
from extraction.departure.service_repository import Service
from extraction.processes import runner
from extraction.processes.errors import Refused
from extraction.processes.ruff import format_python
from extraction.reading.layout import module_package
from extraction.reading.manifest import Manifest
from extraction.reading.project import Project
from extraction.writing import rendering
from extraction.writing.plan import File
from extraction.writing.traits import Traits

NAMING = (".env.example", "compose.yaml", "conftest.py")
"""Files outside `tests/` that may name a module or its settings."""


@dataclass(frozen=True)
class Departure:
    """What becomes of a monolith whose module leaves for good."""

    module: str
    removed: tuple[str, ...]
    """The paths of the files that go."""
    written: tuple[File, ...]
    """What stays of the module, and what of its contract the service has otherwise."""
    changes: tuple[str, ...]
    """How the contract has grown in the service."""
    lost: tuple[str, ...]
    """Files of which the service has not what is here."""
    naming: tuple[str, ...]
    """Files that name the module's code or settings, to be looked at."""
    requires: bool
    """Whether the module required distributions of its own."""
    keeps_files: bool
    """Whether its rows name files."""
    url: str
    """Where its service is in development."""


def plan(project: Project, module: str, service: Service) -> Departure:
    """Work out what is to be done, and change nothing. Raises `Refused`."""
    if service.module != module:
        raise Refused(f"{service.project.root} has the module {service.module}, not {module}")
    folder, agreed = project.folder(module), agreement(project, service)
    stays = tuple(_remains(project, service))
    here = (*project.files(folder), *project.links(folder))
    code = service_repository.read_files(project, folder) if module not in project.departed else []
    return Departure(
        module=module,
        removed=tuple(path for path in here if path not in {file.path for file in stays}),
        written=(*stays, *agreed.files),
        changes=agreed.changes,
        lost=tuple(service_repository.find_unknown(service.project.root, code, project)),
        naming=tuple(_naming(project, module)),
        requires=project.requirements_of(module) is not None,
        keeps_files=Traits.of(service.project, module).keeps_files,
        url=f"http://127.0.0.1:{rendering.choose_port(module, project.folders)}",
    )


def finish(project: Project, departure: Departure) -> None:
    """Do it, unless what is left would not hold together: then nothing is changed. Raises `Refused`."""
    folder = project.folder(departure.module)
    service_repository.refuse_uncommitted(
        project.root, [folder, *departure.removed, *(file.path for file in departure.written)]
    )
    with replace_atomically(project.root, folder, departure.written):
        left = Project.at(project.root)
        if found := analysis.check(left, left.modules):
            raise Refused(f"without it the monolith would not hold together: {found[0]}")
        setting = {f"{departure.module.upper()}_URL": departure.url}
        runner.run(project.root, "without it the monolith does not load", "manage.py", "check", settings=setting)


def _remains(project: Project, service: Service) -> Iterator[File]:
    """The module's folder, once its code is gone: so little that there is nothing to keep in step but what it says."""
    folder, interface = project.folder(service.module), service.interface()
    yield File(f"{folder}/__init__.py", b"")
    path = f"{folder}/module.py"
    yield File(path, format_python(project.root, path, _manifest(service, interface)).encode())
    if interface["openapi"]:
        text = json.dumps(interface["openapi"], indent=2, ensure_ascii=False) + "\n"
        yield File(f"{folder}/openapi.json", text.encode())


def _manifest(service: Service, interface: Mapping[str, Any]) -> str:
    manifest = service.manifest
    fields = {
        "name": _quote(manifest.name),
        "summary": _quote(manifest.summary),
        "serves": _names(manifest.serves),
        "calls": _names(manifest.calls),
        "subscribes": _names(manifest.subscribes),
        "routes": _tuple(map(_quote, interface["routes"])),
    }
    given = ", ".join(f"{name}={value}" for name, value in fields.items() if value != "()")
    return (
        '"""It lives elsewhere. `python -m extraction finish` wrote this, and `fold` brings its code back."""\n\n'
        + "\n".join(_imports(manifest))
        + f"\n\nMODULE = ExtractedModule({given})\n"
    )


def _imports(manifest: Manifest) -> Iterator[str]:
    found: dict[str, set[str]] = defaultdict(set)
    for dotted in (*manifest.serves, *manifest.calls, *manifest.subscribes, "seamline.module.ExtractedModule"):
        package, _, name = dotted.rpartition(".")
        found[package].add(name)
    return (f"from {package} import {', '.join(sorted(names))}" for package, names in sorted(found.items()))


def _names(dotted: Mapping[str, int]) -> str:
    return _tuple(name.rpartition(".")[2] for name in dotted)


def _tuple(items: Iterator[str]) -> str:
    listed = list(items)
    return f"({', '.join(listed)},)" if len(listed) == 1 else f"({', '.join(listed)})"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _naming(project: Project, module: str) -> Iterator[str]:
    """Files that name the module's code or its settings: in tests by a dotted name, elsewhere by a variable."""
    settings = [f"{module}_{setting.name}".upper() for setting in project.manifests[module].settings]
    words = "|".join(map(re.escape, [module_package(module), project.folder(module), *settings]))
    named = re.compile(rf"(?<!\w)(?:{words})(?!\w)")
    paths = [path for path in project.files("tests") if PurePosixPath(path).suffix in (".py", ".yaml", ".toml")]
    for path in (*paths, *(path for path in NAMING if (project.root / path).is_file())):
        if named.search((project.root / path).read_text(errors="replace")):
            yield path
