"""Which files go along with a module of a project, and what stands in the way of its leaving."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from extraction.adopting.changes import Remark
from extraction.adopting.codebase import Codebase
from extraction.processes.errors import Refused
from extraction.reading.dependencies import third_party
from extraction.reading.layout import CONTRACTS_PACKAGE
from extraction.reading.project import Project
from extraction.reading.source import Source
from extraction.survey.model import App

_TEST_FILES = ("tests.py", "conftest.py")


@dataclass
class Travelling:
    """A module's files, and those that they reach."""

    codebase: Codebase
    app: App
    libraries: list[str] = field(default_factory=list)
    """Packages of shared code, of which those files go along that are reached."""
    sources: dict[str, Source] = field(default_factory=dict)
    """By path in the project."""
    obstacles: list[Remark] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    """Files of libraries that are no Python."""
    left: list[Remark] = field(default_factory=list)
    """Tests that stay, for they are about others too."""

    @classmethod
    def of(cls, codebase: Codebase, app: App) -> "Travelling":
        """Follow what a module imports. Raises `Refused` where contracts lie elsewhere than in `contracts`."""
        if codebase.contracts != CONTRACTS_PACKAGE:
            raise Refused(
                f"contracts are in {codebase.contracts}: for a service they have to be in {CONTRACTS_PACKAGE}"
            )
        found = cls(codebase, app)
        for package in found.packages:
            found._take_whole(package)
        return found

    @cached_property
    def packages(self) -> tuple[str, ...]:
        """The module's packages, by the map."""
        config = self.codebase.config
        return config.modules.get(self.module, (self.app.package,)) if config else (self.app.package,)

    @cached_property
    def module(self) -> str:
        """The module's name."""
        config = self.codebase.config
        return (config.module_of(self.app.package) if config else None) or self.app.label

    @cached_property
    def project(self) -> Project:
        """The repository's files."""
        return Project(self.codebase.root)

    @property
    def folders(self) -> tuple[str, ...]:
        """The packages that go along whole, as paths in the project."""
        return tuple(map(self._path, self.packages))

    def take(self, dotted: str) -> None:
        """Take along what settings name by a string, where it is of a library."""
        if library := self._library(dotted):
            self._take_of_library(library, dotted)

    def take_application(self, library: str) -> None:
        """Take along what Django finds of an application by itself: its configuration, its tags, its other files."""
        for name in ("apps", "templatetags"):
            self._take_whole(f"{library}.{name}")
        self.beside += [path for path in self.project.files(self._path(library)) if not path.endswith(".py")]

    def place_of(self, path: str) -> str:
        """Tell where a file of the project lies in a service."""
        inside = path.removeprefix(self.codebase.source_root)
        return inside if inside.startswith(f"{CONTRACTS_PACKAGE}/") else f"src/{inside}"

    def third_party(self) -> set[str]:
        """Name the packages of others that these files import."""
        own = {package.partition(".")[0] for package in (*self.packages, *self.libraries)}
        names = {name for source in self.sources.values() for name in third_party(source)}
        return {name for name in names if name not in own and not self._file(name)}

    def _path(self, package: str) -> str:
        return self.codebase.source_root + package.replace(".", "/")

    def _file(self, dotted: str) -> str | None:
        """Find the file of a dotted name, as far as it is one of the project's."""
        parts = dotted.split(".")
        for length in range(len(parts), 0, -1):
            stem = self._path(".".join(parts[:length]))
            for path in (f"{stem}.py", f"{stem}/__init__.py"):
                if (self.codebase.root / path).is_file():
                    return path
            if (self.codebase.root / stem).is_dir() and length == len(parts):
                return stem
        return None

    def _take_of_library(self, library: str, dotted: str) -> None:
        if library not in self.libraries:
            self.libraries.append(library)
        found = self._file(dotted)
        # A package is there with whatever is above it, as far as that is the library's.
        parts = dotted.split(".")
        stems = [self._path(".".join(parts[:length])) for length in range(library.count(".") + 1, len(parts))]
        packages = [f"{stem}/__init__.py" for stem in stems]
        for path in (*packages, found):
            if path and path.endswith(".py") and path not in self.sources and (self.codebase.root / path).is_file():
                self._read(path)

    def _take_whole(self, package: str) -> None:
        path = self._path(package)
        names = [f"{path}.py"] if (self.codebase.root / f"{path}.py").is_file() else self.project.files(path)
        for name in names:
            if name.endswith(".py") and name not in self.sources:
                self._read(name)

    def _read(self, path: str) -> None:
        dotted = path.removeprefix(self.codebase.source_root).removesuffix(".py").replace("/", ".")
        source = Source(path, dotted.removesuffix(".__init__"), self.project.source(path).tree)
        self.sources[path] = source
        if obstacles := list(self._follow(source)):
            if is_test(source):
                del self.sources[path]
                self.left.append(Remark(path, obstacles[0].line, f"stays: it {obstacles[0].text}"))
            else:
                self.obstacles += obstacles

    def _follow(self, source: Source) -> Iterator[Remark]:
        config = self.codebase.config
        for item in source.imports:
            target = item.target
            if target.partition(".")[0] == CONTRACTS_PACKAGE:
                self._take_contract(target)
            elif library := self._library(target):
                self._take_of_library(library, target)
            elif (owner := config.module_of(target) if config else None) == self.module:
                continue
            elif owner:
                yield Remark(source.path, item.line, f"imports {target} of {owner}: call its contract")
            elif not self._is_own(target) and self._file(item.module):
                fix = "of no module: have its package in `libraries` of the map, if it may travel along"
                yield Remark(source.path, item.line, f"imports {item.module}, {fix}")

    def _is_own(self, target: str) -> bool:
        return any(f"{target}.".startswith(f"{package}.") for package in self.packages)

    def _library(self, target: str) -> str | None:
        config = self.codebase.config
        named = [each for each in (config.libraries if config else ()) if f"{target}.".startswith(f"{each}.")]
        return max(named, key=len) if named and not self._is_own(target) else None

    def _take_contract(self, target: str) -> None:
        parts = target.split(".")
        for length in range(1, len(parts) + 1):
            stem = self._path(".".join(parts[:length]))
            for path in (f"{stem}.py", f"{stem}/__init__.py"):
                if (self.codebase.root / path).is_file() and path not in self.sources:
                    self._read(path)


def is_test(source: Source) -> bool:
    """Tell whether a file is a test's, by where it lies or by its name."""
    name = source.path.rpartition("/")[2]
    return source.is_test or name in _TEST_FILES or name.startswith("test_") or name.endswith("_test.py")
