"""What an extracted service consists of: every file with its content, worked out before anything is written."""

import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from extraction.processes.errors import Refused
from extraction.reading import dependencies
from extraction.reading.layout import LANGUAGE_LOCK, LAYERS, lock_file, owner_of_contract
from extraction.reading.project import Project
from extraction.reading.source import Source
from extraction.writing import rendering, runtime_wheel, shared_files, tool_wheel
from extraction.writing.place import Place
from extraction.writing.runtime_wheel import RuntimeWheel
from extraction.writing.traits import Traits

WHOLE = (LAYERS["config"],)
"""Folders that every deployable has."""
MODULES = f"{LAYERS['modules']}/__init__.py"
GENERIC = (
    ".dockerignore",
    ".editorconfig",
    ".gitignore",
    "Dockerfile",
    "LICENSE",
    "conftest.py",
    "contracts/__init__.py",
    "deployable.mk",
    "manage.py",
    MODULES,
    "tests/__init__.py",
)
"""Files that every deployable has, the same in each, where the monolith has them."""
OMITTED = ("src/config/audits/",)
"""What compares modules with each other: a service has one."""
ADAPTED = {"pyproject.toml": [(r'"extraction", ', ""), (r', "tests/.*?\].*', "]")]}
"""Files that differ in a few words: what to replace, line by line."""
RENAMED = {"deployable.mk": "Makefile"}
"""Files that the monolith has beside one of its own."""
OPENAPI = "docs/openapi.yaml"
RECORD = (".seamline/written.json", ".seamline/pristine.tar.xz")
"""What was written, kept for later: see `written_record`."""
EXTRAS = ("binary", "celery")
"""Of the runtime: a driver for PostgreSQL without a library of the system's, and workers of their own."""
LOCAL_EXTRAS = ("postgres", "reload")
"""What brings the embedded server, for development."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of the service."""

    path: str
    content: bytes
    executable: bool = False
    link: str = ""
    """What it leads to from where it is, where it is a symbolic link to a folder."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A service, ready to be written."""

    module: str
    service: str
    port: int
    url_setting: str
    """What names the service to the monolith: `PARCELS_URL`."""
    files: tuple[File, ...]
    contracts: tuple[str, ...]
    """The modules whose contracts go along, its own among them."""
    requirements: tuple[str, ...]
    """What it needs at run time, by name."""
    monolith: str
    """What the deployable is called that it comes from."""
    has_api: bool
    """Whether it describes an API: in `OPENAPI`, which it writes itself, once it is there."""
    wheels: tuple[RuntimeWheel, ...]
    """What of ours it requires: in its `vendor/`, or by its index."""
    from_index: bool
    """Whether no wheel goes along."""
    options: Mapping[str, Any]
    """What it takes to write it again from the service alone: the monolith may have gone on meanwhile."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file that it will have."""
        described = [OPENAPI] if self.has_api else []
        return tuple(sorted([*(file.path for file in self.files), *described, *RECORD]))


def plan(project: Project, module: str, *, from_index: bool = False) -> Plan:
    """Work out the service that a module becomes. The same project gives the same bytes.

    With `from_index` no wheel goes along: an index has the version that is named.
    """
    sources = _closure(project, module)
    wheels = runtime, tool = runtime_wheel.find_for(project.root), tool_wheel.find_for(project.root)
    needs = dependencies.of(
        project,
        module,
        sources,
        [
            runtime.as_requirement({"base": runtime.requirement(EXTRAS), "local": runtime.requirement(LOCAL_EXTRAS)}),
            tool.as_requirement({"dev": tool.requirement()}),
        ],
    )
    manifest = project.manifests[module]
    owners = {owner for source in sources if (owner := owner_of_contract(source.name))}
    contracts = tuple(sorted(owners - project.shared_words))
    traits = Traits.of(project, module)
    port = rendering.choose_port(module, project.folders)
    subject = rendering.Subject.of(manifest, contracts, project.declarations, project.manifests.values(), traits, port)
    files = {found.path: found for found in map(adapt, _copied(project, module, sources))}
    files |= {path: File(path, text.encode()) for path, text in needs.files.items()}
    files |= {} if from_index else {wheel.path: File(wheel.path, wheel.content) for wheel in wheels}
    for path, text in rendering.render(subject):
        files[path] = File(path, text.encode(), executable=text.startswith("#!"))
    return Plan(
        module=module,
        service=subject.service,
        port=port,
        url_setting=subject.url_setting,
        files=tuple(files[path] for path in sorted(files)),
        contracts=contracts,
        requirements=tuple(sorted(needs.roots)),
        monolith=traits.monolith,
        has_api=traits.has_api,
        wheels=wheels,
        from_index=from_index,
        options={"index": from_index, "subject": msgspec.to_builtins(subject)},
    )


def _closure(project: Project, module: str) -> tuple[Source, ...]:
    """The module's Python files, those every deployable has, and the contracts and test helpers that they import."""
    folders = (project.folder(module), *WHOLE)
    start = [source for folder in folders for source in project.sources(folder) if _is_wanted(source.path)]
    start += [project.source(path) for path in GENERIC if path.endswith(".py") and _exists(project, path)]
    found = {source.path: source for source in start}
    waiting = list(found.values())
    while waiting:
        for source in _imports_of(project, waiting.pop()):
            if source.path not in found:
                found[source.path] = source
                waiting.append(source)
    return tuple(found[path] for path in sorted(found))


def _imports_of(project: Project, source: Source) -> Iterator[Source]:
    """The contract files and test helpers that a file imports, with the packages they stand in."""
    for target in {name for item in source.imports for name in (item.target, item.module)}:
        parts = target.split(".")
        if parts[0] in ("contracts", "tests"):
            for length in range(1, len(parts) + 1):
                stem = "/".join(parts[:length])
                for path in (f"{stem}.py", f"{stem}/__init__.py"):
                    if _exists(project, path):
                        yield project.source(path)


def _is_wanted(path: str) -> bool:
    return not path.startswith(OMITTED)


def _exists(project: Project, path: str) -> bool:
    return (project.root / path).is_file()


def _copied(project: Project, module: str, sources: Iterable[Source]) -> Iterator[File]:
    paths = {source.path for source in sources}
    folders = (project.folder(module), *WHOLE)
    paths.update(path for folder in folders for path in project.files(folder) if _is_wanted(path))
    contracts = (path for path in paths if path.startswith(f"{LAYERS['contracts']}/"))
    locks = [lock_file(Path(path).stem) for path in contracts]
    paths.update(path for path in (*GENERIC, *ADAPTED, *locks, LANGUAGE_LOCK) if _exists(project, path))
    for folder in folders:
        if strangers := project.strangers(folder):
            raise Refused(f"{strangers[0]} is a repository of its own: have its files here, or install what it has")
        for path in project.links(folder):
            yield read_link(project, path, paths)
    for path in paths:
        yield read_file(project, path)


def read_file(project: Project, path: str) -> File:
    """Read a file of a project. Raises `Refused` where a link leads to it from elsewhere."""
    place = project.root / path
    if place.is_symlink() and not place.resolve().is_relative_to(project.root.resolve()):
        raise Refused(f"{path} leads to {place.readlink()}, outside the repository: have a copy there instead")
    return File(path, place.read_bytes(), executable=bool(place.stat().st_mode & stat.S_IXUSR))


def read_link(project: Project, path: str, paths: Collection[str]) -> File:
    """Read a link to a folder, which goes along with the files in `paths`. Raises `Refused` where it does not."""
    place = project.root / path
    target = os.path.relpath(place.resolve(), project.root.resolve())
    if not any(each.startswith(f"{target}/") for each in paths):
        raise Refused(f"{path} leads to {place.readlink()}, which does not go along: have a copy there instead")
    return File(path, b"", link=os.path.relpath(target, Path(path).parent))


def is_general(path: str) -> bool:
    """Whether a file of a monolith is the same in every deployable, and goes along as such."""
    if path.startswith(shared_files.OWN):
        return False
    return path in (*GENERIC, *ADAPTED, LANGUAGE_LOCK) or path.startswith(f"{LAYERS['config']}/")


def general_files(module: str, place: Place | None) -> Iterator[File]:
    """Give the files that every deployable has, as a service has them. Its monolith may have fewer."""
    for path, content in shared_files.read_all().items():
        if not is_general(path) or (place and path == MODULES):
            continue
        file = adapt(File(path, content, executable=content.startswith(b"#!")))
        if place:
            file = replace(file, content=place.adapt(file.path, file.content.decode(), module).encode())
        yield file


def adapt(file: File) -> File:
    """Make of a file of the monolith what the service has of it."""
    content = file.content
    for pattern, replacement in ADAPTED.get(file.path, ()):
        content = re.sub(pattern, replacement, content.decode(), flags=re.MULTILINE).encode()
    return replace(file, path=RENAMED.get(file.path, file.path), content=content)
