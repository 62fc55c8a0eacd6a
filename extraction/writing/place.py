"""How a module lies in a service, when it came out of a project of another layout: as it lay there."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from extraction.reading.layout import SOURCE_ROOT

USER_IDS = {"int": "int", "uuid": "UUID", "str": "str"}
"""How the settings name what makes a user's id of a text."""


@dataclass(frozen=True, slots=True)
class Route:
    """An address that the module answers, or all of those that one of its files has."""

    route: str
    """As Django's `path` has it; after a `^`, as `re_path` does."""
    target: str
    """Dotted: the file with the addresses, the function, or the class."""
    kind: str
    """`include`, `function`, `class`, or `viewset` for one of REST framework's that does several things."""
    name: str = ""
    namespace: str = ""
    actions: Mapping[str, str] = field(default_factory=dict)
    """Of a `viewset`: which of its methods answers which of HTTP's."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """That the view is made with."""

    def __str__(self) -> str:
        """Write it as a line of `urlpatterns`."""
        path, route = ("re_path", f"r{self.route!r}") if self.route.startswith("^") else ("path", repr(self.route))
        return f"{path}({route}, {self._view()}{f', name={self.name!r}' if self.name else ''}),"

    def _view(self) -> str:
        if self.kind == "include":
            return f"include({self.target!r}{f', namespace={self.namespace!r}' if self.namespace else ''})"
        if self.kind == "function":
            return self.target
        given = [repr(dict(self.actions))] if self.actions else []
        given += [f"{key}={value!r}" for key, value in self.arguments.items()]
        return f"{self.target}.as_view({', '.join(given)})"

    @property
    def file(self) -> str:
        """Name the file that has to be imported for it; empty, where Django does that."""
        return "" if self.kind == "include" else self.target.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Place:
    """Where its code lies, and what of the project's settings it lives by."""

    package: str
    """With the manifest: `clinic.billing`."""
    packages: tuple[str, ...]
    """All of the module's."""
    libraries: tuple[str, ...] = ()
    """What of the project's shared code travels along."""
    applications: tuple[str, ...] = ()
    """Django applications that are installed beside it."""
    user_id: str = "int"
    """What the ids of the project's users are: `int`, `uuid` or `str`."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    rest_framework: Mapping[str, Any] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()

    @property
    def roots(self) -> tuple[str, ...]:
        """Name the packages that nothing is above."""
        return tuple(sorted({package.partition(".")[0] for package in (*self.packages, *self.libraries)}))

    @property
    def layers(self) -> tuple[str, ...]:
        """Name the packages, those of the module first."""
        return (*self.packages, *self.libraries)

    @property
    def lint_layers(self) -> tuple[str, ...]:
        """Name the layers as import-linter has them: what is in one of them may know each other."""
        return tuple(" : ".join(each) for each in (self.packages, self.libraries) if each)

    @property
    def folders(self) -> tuple[str, ...]:
        """Name the packages' folders in the service."""
        return tuple(f"{SOURCE_ROOT}/{package.replace('.', '/')}" for package in self.layers)

    @property
    def folder(self) -> str:
        """Name the folder with the manifest."""
        return f"{SOURCE_ROOT}/{self.package.replace('.', '/')}"

    @property
    def user_id_type(self) -> str:
        """Name what makes a user's id of a text."""
        return USER_IDS[self.user_id]

    @property
    def makers(self) -> tuple[str, ...]:
        """Name what Django makes the addresses with."""
        made = {str(route).partition("(")[0] for route in self.routes}
        included = {"include"} if any(route.kind == "include" for route in self.routes) else set()
        return tuple(sorted(made | included))

    @property
    def imports(self) -> tuple[str, ...]:
        """Name the files that the addresses need."""
        return tuple(sorted({route.file for route in self.routes if route.file}))

    def adapt(self, path: str, text: str, module: str) -> str:
        """Have one of the files that every deployable has leave the project's code to its own style."""
        if path != "pyproject.toml":
            return text
        folders = "".join(f', "{SOURCE_ROOT}/{root}"' for root in self.roots)
        text = text.replace('extend-exclude = ["var"', f'extend-exclude = ["var"{folders}')
        paths = 'testpaths = ["src", "tests"]\n'
        text = text.replace(paths, f'{paths}python_files = ["test_*.py", "*_test.py", "tests.py"]\n')
        return f"""{text}
[[tool.mypy.overrides]]
# What came out of the project is in its own style.
module = {_list(f"{root}.*" for root in self.roots)}
ignore_errors = true

[tool.seamline]
libraries = {_list(self.libraries)}

[tool.seamline.modules]
{module} = {_list(self.packages)}
"""


def _list(names: Iterable[str]) -> str:
    return f"[{', '.join(json.dumps(name) for name in names)}]"
