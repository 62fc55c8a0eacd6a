"""The layout of a deployable: where a module lies, its database alias and schema, and the type of users' ids.

The setting LAYOUT has it; nothing else assumes a folder, an alias or a type.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

DEFAULT_SCHEMA = "public"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the modules of one deployable are, by their names. A module's name is its Django app label too."""

    modules_package: str = "modules"
    """Dotted path of the package whose folders are the modules."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Alias in DATABASES of a module, where it is another than the module's name."""
    schemas: Mapping[str, str] = field(default_factory=dict)
    """PostgreSQL schema of a module's tables, where it is another than `public`."""
    user_id_type: Callable[[str], Any] = UUID
    """Makes a user's id of the subject of their token; raises `ValueError` for what is none."""

    def package_of(self, module: str) -> str:
        """Return the dotted path of a module's package: `modules.parcels`."""
        return f"{self.modules_package}.{module}"

    def owner(self, python_path: str) -> str | None:
        """Return the module that a dotted path belongs to: `modules.parcels.api` is of `parcels`."""
        inside = python_path.removeprefix(f"{self.modules_package}.")
        return inside.partition(".")[0] if inside != python_path else None

    def path_of(self, module: str, file: str) -> str:
        """Return a file of a module for a message: `src/modules/parcels/service.py`."""
        path = Path(import_module(self.modules_package).__path__[0], module, file)
        return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

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
