"""The layout of a deployable: where a module lies, its database alias and schema, and the type of users' ids.

The setting LAYOUT has it; nothing else assumes a folder, an alias or a type.
"""

import importlib.util
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

DEPLOYABLE = "default"
"""Alias of the database that belongs to the deployable itself: operators, sessions, admin log. In a project that was
there before, it is the common database."""
DEFAULT_SCHEMA = "public"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the modules of one deployable are, by their names. A module's name is its Django app label too."""

    modules_package: str = "modules"
    """Dotted path of the package whose folders are the modules; empty where each is named in `packages`."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Dotted path of a module's package, by its name, where it is no folder of `modules_package`."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Alias in DATABASES of a module, where it is another than the module's name."""
    schemas: Mapping[str, str] = field(default_factory=dict)
    """PostgreSQL schema of a module's tables, where it is another than `public`."""
    user_id_type: Callable[[str], Any] = UUID
    """Makes a user's id of the subject of their token; raises `ValueError` for what is none."""

    def names(self) -> tuple[str, ...]:
        """Name the modules: those of `packages`, and every folder of `modules_package`."""
        found = set(self.packages)
        if self.modules_package:
            path = import_module(self.modules_package).__path__
            found |= {info.name for info in pkgutil.iter_modules(path) if info.ispkg}
        return tuple(sorted(found))

    def package_of(self, module: str) -> str:
        """Return the dotted path of a module's package: `modules.parcels`."""
        return self.packages.get(module) or f"{self.modules_package}.{module}"

    def owner(self, python_path: str) -> str | None:
        """Return the module that a dotted path belongs to: `modules.parcels.api` is of `parcels`."""
        for module, package in self.packages.items():
            if python_path.startswith(package) and python_path[len(package) : len(package) + 1] in ("", "."):
                return module
        inside = python_path.removeprefix(f"{self.modules_package}.")
        return inside.partition(".")[0] if self.modules_package and inside != python_path else None

    def path_of(self, module: str, file: str) -> str:
        """Return a file of a module for a message: `src/modules/parcels/service.py`."""
        path = Path(self._folder_of(module), file)
        return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

    def _folder_of(self, module: str) -> Path:
        if module not in self.packages:
            return Path(import_module(self.modules_package).__path__[0], module)
        found = importlib.util.find_spec(self.packages[module])
        return Path(next(iter((found and found.submodule_search_locations) or [module])))

    def alias_of(self, module: str) -> str:
        """Return the alias in DATABASES under which a module's tables are found."""
        return self.aliases.get(module, module)

    def schema_of(self, module: str) -> str:
        """Return the schema that a module's tables are in."""
        return self.schemas.get(module, DEFAULT_SCHEMA)


def current() -> Layout:
    """Return the layout of this deployable."""
    layout: Layout = settings.LAYOUT
    return layout


def alias_of(module: str) -> str:
    """Return the alias in DATABASES under which a module's tables are found."""
    alias: str = settings.LAYOUT.alias_of(module)
    return alias


def aliases() -> tuple[str, ...]:
    """Return the aliases that are the runtime's business: the deployable's own, and those of its modules."""
    return tuple(dict.fromkeys((DEPLOYABLE, *map(alias_of, settings.ACTIVE_MODULES))))
