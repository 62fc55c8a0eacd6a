"""The apps of a project: which installed ones have their code here, and which file is whose."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from extraction.survey.model import App
from extraction.survey.settings import Settings
from extraction.survey.syntax import Module, text
from extraction.survey.tree import Tree


@dataclass(slots=True)
class Apps:
    """The apps by label, and the owner of files and dotted names."""

    by_label: dict[str, App] = field(default_factory=dict)
    _by_folder: dict[str, App] = field(default_factory=dict)
    _by_package: dict[str, App] = field(default_factory=dict)

    def add(self, app: App, aliases: tuple[str, ...] = ()) -> None:
        """Take in an app; the first of a label or a folder stays."""
        if app.folder not in self._by_folder and app.label not in self.by_label:
            self.by_label[app.label] = self._by_folder[app.folder] = app
            for package in (app.package, *aliases):
                self._by_package.setdefault(package, app)

    def of_path(self, path: str) -> App | None:
        """The innermost app that a file is in."""
        folder = path.rpartition("/")[0]
        while folder and folder not in self._by_folder:
            folder = folder.rpartition("/")[0]
        return self._by_folder.get(folder)

    def of_name(self, dotted: str) -> App | None:
        """The innermost app that a dotted name is in."""
        while dotted and dotted not in self._by_package:
            dotted = dotted.rpartition(".")[0]
        return self._by_package.get(dotted)


def find_apps(tree: Tree, settings: Settings, names: dict[str, str], packages: Iterable[str] = ()) -> Apps:
    """Find the installed apps in the tree, or, with no settings to go by, the folders that look like apps."""
    finder = _Finder(tree, {path: name for name, path in names.items()})
    for entry in settings.installed_apps:
        finder.take(entry)
    if not finder.apps.by_label:
        finder.guess()
    for package in packages:
        finder.take(package)
    return finder.apps


@dataclass(slots=True)
class _Finder:
    tree: Tree
    names: dict[str, str]
    apps: Apps = field(default_factory=Apps)

    def take(self, entry: str) -> None:
        """Take in an entry of INSTALLED_APPS: a package, or the path of its AppConfig."""
        if folder := self._folder(entry):
            self._add(entry, folder, "")
            return
        package, _, config = entry.rpartition(".")
        while package and not (folder := self._folder(package)):
            package = package.rpartition(".")[0]
        if package and folder and config[:1].isupper():
            self._add(package, folder, config)

    def guess(self) -> None:
        """Take every package that has models or an AppConfig for an app."""
        marks = ("models.py", "apps.py", "models/__init__.py")
        known = set(self.tree.python)
        for folder in sorted(self.tree.packages | {path.rpartition("/")[0] for path in known}):
            if folder and any(f"{folder}/{mark}" in known for mark in marks):
                self._add(self._name_of(folder), folder, "")

    def _name_of(self, folder: str) -> str:
        """Name a folder's package: it begins where folders are packages, which `src` is not."""
        parts = folder.split("/")
        begins = next((n for n in range(len(parts)) if "/".join(parts[: n + 1]) in self.tree.packages), 0)
        return ".".join(parts[begins:])

    def _folder(self, package: str) -> str | None:
        """The folder of a package: from the root, from a folder that is on the path, or wherever its end fits."""
        end = package.replace(".", "/")
        fitting = [f for f in self._folders() if f == end or f.endswith(f"/{end}")]
        return min(fitting, key=lambda folder: (folder.count("/"), folder), default=None)

    def _folders(self) -> set[str]:
        return self.tree.packages | {
            path.rpartition("/")[0] for path in self.tree.python if path.endswith("/models.py")
        }

    def _add(self, package: str, folder: str, config: str) -> None:
        name, label = self._configured(folder, config)
        if name and config and name != package and (found := self._folder(name)):
            package, folder = name, found
        label = label or package.rpartition(".")[2]
        by_packages = self.names.get(f"{folder}/__init__.py", "")
        if not config and label in self.apps.by_label and self.apps.by_label[label].folder != folder:
            label = package.replace(".", "_")
        self.apps.add(App(label, package, folder), (by_packages,) if by_packages else ())

    def _configured(self, folder: str, config: str) -> tuple[str, str]:
        """The name and the label that the AppConfig says, if one does."""
        for path in (f"{folder}/apps.py", f"{folder}/__init__.py", f"{folder}/config.py"):
            for node in self._configs(path):
                said = _assigned(node)
                if not config or node.name == config:
                    return said.get("name", ""), said.get("label", "")
        return "", ""

    def _configs(self, path: str) -> list[ast.ClassDef]:
        try:
            module = Module.parse(path, "", (self.tree.root / path).read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return []
        configs = [node for node, _ in module.classes if any(_is_config(base) for base in node.bases)]
        chosen = [node for node in configs if _assigned(node).get("default") == "True"]
        return chosen or configs


def _is_config(base: ast.expr) -> bool:
    name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
    return name.endswith("Config")


def _assigned(node: ast.ClassDef) -> dict[str, str]:
    found: dict[str, str] = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            value = text(statement.value) or str(statement.value.value)
            found |= {target.id: value for target in statement.targets if isinstance(target, ast.Name)}
    return found
