"""The repository under analysis: its files, modules, contracts and requirements, each read once."""

import ast
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import grimp

from extraction.processes import git, vendored
from extraction.processes.errors import InvalidArgument, Refused
from extraction.reading import contract_files, graph, layout, manifest
from extraction.reading.contract_files import Declared
from extraction.reading.layout import LAYERS
from extraction.reading.manifest import Manifest
from extraction.reading.requirements import Lock
from extraction.reading.source import Source


@dataclass(frozen=True, eq=False)
class Project:
    """A repository laid out as a modular monolith."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "Project":
        """The project in a folder. Raises `InvalidArgument`."""
        for name, folder in LAYERS.items():
            if name != layout.RUNTIME and not (root / folder).is_dir():
                raise InvalidArgument(f"{root} has no {folder}/: run this in the repository, or name it with --root")
        return cls(root)

    @cached_property
    def layers(self) -> dict[str, str]:
        """The packages whose code is part of the repository, top to bottom, and their folders."""
        return {name: folder for name, folder in LAYERS.items() if name != layout.RUNTIME or self._develops_runtime}

    @cached_property
    def runtime_folder(self) -> Path:
        """The package of the runtime: here, or as it is installed. Raises `Refused` where it is neither."""
        if self._develops_runtime:
            return self.root / LAYERS[layout.RUNTIME]
        if found := vendored.runtime_folder(self.root):
            return found
        raise Refused(f"{self.root} has no runtime, in vendor/ or installed in its .venv: run `make lint` there")

    @property
    def _develops_runtime(self) -> bool:
        return not vendored.find_wheel(self.root) and (self.root / LAYERS[layout.RUNTIME]).is_dir()

    @cached_property
    def runtime_sources(self) -> tuple[Source, ...]:
        """The Python files of the runtime, wherever it lies; their paths are as if it lay here."""
        if self._develops_runtime:
            return self.sources(LAYERS[layout.RUNTIME])
        found = sorted(self.runtime_folder.rglob("*.py"))
        names = [f"{LAYERS[layout.RUNTIME]}/{path.relative_to(self.runtime_folder).as_posix()}" for path in found]
        trees = [ast.parse(path.read_bytes()) for path in found]
        return tuple(Source(name, layout.dotted_name(name), tree) for name, tree in zip(names, trees, strict=True))

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """Those whose code is here."""
        return tuple(name for name in self.folders if name not in self.departed)

    @cached_property
    def departed(self) -> frozenset[str]:
        """Those that left for good, of which the folder keeps a manifest that says so."""
        return frozenset(name for name, found in self.manifests.items() if found.departed)

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """Every folder under `src/modules` with Python in it, whether or not it is a proper module."""
        folders = (self.root / LAYERS["modules"]).iterdir()
        return tuple(sorted(f.name for f in folders if f.name[0] not in "._" and any(f.rglob("*.py"))))

    def folder(self, module: str) -> str:
        """A module's folder, from the root."""
        return layout.module_folder(module)

    @cached_property
    def manifests(self) -> dict[str, Manifest]:
        """The manifests that can be read, by module."""
        found = {}
        for module in self.folders:
            try:
                found[module] = manifest.read(self.source(f"{self.folder(module)}/module.py"))
            except (FileNotFoundError, SyntaxError, ValueError, manifest.UnreadableManifest):
                continue
        return found

    @cached_property
    def declarations(self) -> dict[str, Declared]:
        """The contracts and events that the contract files declare."""
        return contract_files.declarations(self.sources(LAYERS["contracts"]))

    @cached_property
    def shared_words(self) -> frozenset[str]:
        """The contract files that only declare types, for any module's contract to use."""
        return contract_files.shared_words(self.sources(LAYERS["contracts"])) - {*self.folders}

    @cached_property
    def graph(self) -> grimp.ImportGraph:
        """Who imports whom, over all layers."""
        packages = {name: self.root / folder for name, folder in LAYERS.items()}
        return graph.build(packages | {layout.RUNTIME: self.runtime_folder})

    @cached_property
    def locks(self) -> dict[str, Lock]:
        """The pinned requirements, by the name of the file that they are compiled from: base, local, dev."""
        inputs = sorted((self.root / "requirements").glob("*.in"))
        locks = (path.with_suffix(".txt") for path in inputs)
        return {path.stem: Lock.parse(path.read_text()) for path in locks if path.is_file()}

    def requirements_of(self, module: str, *, development: bool = False) -> tuple[str, str] | None:
        """The file in which a module names what it requires, to run or in `development`: its path, and its text."""
        path = f"{self.folder(module)}/requirements{'-dev' if development else ''}.in"
        place = self.root / path
        return (path, place.read_text()) if place.is_file() else None

    def module_sources(self, module: str) -> tuple[Source, ...]:
        """The Python files of a module, tests and migrations included."""
        return self.sources(self.folder(module))

    @cache  # noqa: B019  a project lives as long as the command
    def sources(self, folder: str) -> tuple[Source, ...]:
        """The Python files in a folder, by path."""
        return tuple(self.source(path) for path in self.files(folder) if path.endswith(".py"))

    @cache  # noqa: B019
    def files(self, folder: str) -> tuple[str, ...]:
        """Every file in a folder, by path from the root; not what git ignores, or Python and tools leave behind."""
        return tuple(path for path in self._entries(folder) if (self.root / path).is_file())

    def links(self, folder: str) -> tuple[str, ...]:
        """Every symbolic link in a folder that leads to another folder, or to nothing."""
        entries = ((path, self.root / path) for path in self._entries(folder))
        return tuple(path for path, place in entries if place.is_symlink() and not place.is_file())

    def strangers(self, folder: str) -> tuple[str, ...]:
        """Every git repository in a folder: its files are not of this project."""
        listed = (path.rstrip("/") for path in self._listed or ())
        inside = (path for path in listed if f"{path}/".startswith(f"{folder}/"))
        return tuple(path for path in sorted(inside) if (self.root / path).is_dir() and path not in self.links(folder))

    @cached_property
    def _listed(self) -> frozenset[str] | None:
        return git.list_files(self.root)

    def _entries(self, folder: str) -> list[str]:
        below = (path.relative_to(self.root) for path in (self.root / folder).rglob("*"))
        found = sorted(path.as_posix() for path in below if not is_left_behind(path.as_posix()))
        return [path for path in found if self._listed is None or path in self._listed]

    @cache  # noqa: B019
    def source(self, path: str) -> Source:
        """One Python file. Raises `FileNotFoundError`, or where it is not Python `SyntaxError` or `ValueError`."""
        tree = ast.parse((self.root / path).read_bytes(), filename=path)
        return Source(path, layout.dotted_name(path), tree)


def is_left_behind(path: str) -> bool:
    """Whether Python or a tool left a file behind."""
    return any(map(_is_left_behind, path.split("/")))


def _is_left_behind(part: str) -> bool:
    hidden = part.startswith(".") and part.endswith(("_cache", ".swp", ".DS_Store"))
    return hidden or part == "__pycache__" or part.endswith(".pyc")
