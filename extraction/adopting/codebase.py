"""A project as it stands: what its survey says, what its map says, and how far an app has come."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from extraction.processes.errors import InvalidArgument, Refused
from extraction.ratchet.config import Config, is_configured, read_config
from extraction.reading import manifest
from extraction.reading.source import Source
from extraction.reading.stages import Stage
from extraction.survey.index import Index, Model
from extraction.survey.inference import Inference
from extraction.survey.model import App, Findings
from extraction.survey.report import read
from extraction.survey.scan import Report
from extraction.survey.syntax import Module
from extraction.survey.tree import is_migration


@dataclass(frozen=True)
class Codebase:
    """A project that was read, and not run."""

    root: Path
    findings: Findings
    index: Index
    config: Config | None
    _parsed: dict[str, Module] = field(default_factory=dict)

    @classmethod
    def at(cls, root: Path, report: Report = lambda done, total: None) -> "Codebase":
        """Read a project. Raises `NoDjangoProject`, and `Misconfigured` for a map that cannot be understood."""
        config = read_config(root) if is_configured(root) else None
        packages = [package for named in config.modules.values() for package in named] if config else []
        findings, index = read(root, report, packages)
        return cls(root.resolve(), findings, index, config)

    def app(self, label: str) -> App:
        """Return an app by its label. Raises `InvalidArgument`."""
        if label not in self.findings.apps:
            raise InvalidArgument(f"there is no app {label!r}; there are: {', '.join(self.findings.apps)}")
        return self.findings.apps[label]

    def stage(self, app: App) -> Stage | None:
        """Tell how far an app has come; None for one that is not in the map. Raises `Refused` for a bad manifest."""
        found = self.manifest(app)
        if found:
            return found.stage
        return Stage.MAPPED if self.config and self.config.module_of(app.package) else None

    def manifest(self, app: App) -> manifest.Manifest | None:
        """Read an app's manifest, if it has one. Raises `Refused` for a `module.py` that is something else."""
        path = f"{app.folder}/module.py"
        if not (self.root / path).is_file():
            return None
        try:
            return manifest.read(Source(path, f"{app.package}.module", ast.parse((self.root / path).read_bytes())))
        except manifest.UnreadableManifest as error:
            raise Refused(f"{path}:{error.line}: {error}; a module's manifest stands in that file") from None

    @cached_property
    def contracts(self) -> str:
        """The package that contracts stand in."""
        return self.config.contracts if self.config else "contracts"

    def contract_path(self, label: str) -> str:
        """Return the path of a module's contract file."""
        folder = self.contracts.replace(".", "/")
        beside = self.source_root
        return f"{beside}{folder}/{label}.py"

    @cached_property
    def source_root(self) -> str:
        """The folder that the apps' packages are imported from, with a slash at its end; empty for the root."""
        for app in self.findings.apps.values():
            inside = app.package.replace(".", "/")
            if app.folder.endswith(inside):
                return app.folder.removesuffix(inside)
        return ""

    def module(self, path: str) -> Module:
        """Parse one of the files that the survey read."""
        if path not in self._parsed:
            name = next((facts.name for facts in self.index.files.values() if facts.path == path), "")
            self._parsed[path] = Module.parse(path, name, (self.root / path).read_bytes())
        return self._parsed[path]

    def inference(self, module: Module) -> Inference:
        """Return what may be guessed of a file's variables."""
        return Inference(module)

    def paths(self) -> Iterator[str]:
        """Name the Python files that the survey read, without migrations."""
        yield from sorted(facts.path for facts in self.index.files.values() if not is_migration(facts.path))

    def owner(self, path: str) -> App | None:
        """Return the app that a file is of."""
        return self.index.apps.of_path(path)

    def models(self, app: App) -> list[Model]:
        """Return an app's models that have a table."""
        found = (model for model in self.index.by_label.values() if model.app is app and not model.is_proxy)
        return sorted(found, key=lambda model: (model.path, model.fact.line))

    def class_node(self, model: Model) -> ast.ClassDef | None:
        """Return the syntax of a model's class."""
        nodes = (node for node, _ in self.module(model.path).classes)
        return next((node for node in nodes if (node.name, node.lineno) == (model.fact.name, model.fact.line)), None)
