"""The map of modules: `[tool.seamline]` in pyproject.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extraction.processes.errors import InvalidArgument

TABLE = "tool.seamline"
BASELINE = "seam-baseline.json"
_KNOWN = frozenset({"modules", "baseline", "libraries", "contracts"})


class Misconfigured(InvalidArgument):
    """The table cannot be understood; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Config:
    """Which packages are which module, and where the baseline is kept."""

    modules: Mapping[str, tuple[str, ...]]
    baseline: Path
    libraries: tuple[str, ...] = ()
    """Packages that all may use: they travel along with whoever leaves."""
    contracts: str = "contracts"
    """The package with a file for each contract."""

    def module_of(self, dotted: str) -> str | None:
        """The module that a dotted name is in: the one whose package is the innermost. A library is no module's."""
        named = [(package, name) for name, packages in self.modules.items() for package in packages]
        named += [(package, "") for package in self.libraries]
        fitting = [(len(package), name) for package, name in named if f"{dotted}.".startswith(f"{package}.")]
        return (max(fitting)[1] or None) if fitting else None


def is_configured(root: Path) -> bool:
    """Tell whether a folder has a map of modules."""
    try:
        return _table(root) is not None
    except Misconfigured:
        return True


def read_config(root: Path) -> Config:
    """Read the map. Raises `Misconfigured`."""
    table = _table(root)
    if table is None:
        raise Misconfigured(f"{root / 'pyproject.toml'} has no [{TABLE}]")
    if unknown := set(table) - _KNOWN:
        raise Misconfigured(f"[{TABLE}] has {', '.join(sorted(unknown))}; it knows {', '.join(sorted(_KNOWN))}")
    modules = table.get("modules")
    if not isinstance(modules, dict) or not modules:
        raise Misconfigured(f'[{TABLE}] needs a map such as modules = {{parcels = "depot.parcels"}}')
    baseline = table.get("baseline", BASELINE)
    if not isinstance(baseline, str):
        raise Misconfigured(f'[{TABLE}] baseline is a path, such as "{BASELINE}"')
    contracts, libraries = table.get("contracts", "contracts"), table.get("libraries", [])
    if not isinstance(contracts, str):
        raise Misconfigured(f'[{TABLE}] contracts is a package, such as "contracts"')
    if not isinstance(libraries, list) or not all(isinstance(each, str) for each in libraries):
        raise Misconfigured(f'[{TABLE}] libraries is a list of packages: ["depot.core"]')
    mapped = {name: _packages(name, value) for name, value in modules.items()}
    return Config(mapped, root / baseline, tuple(libraries), contracts)


def _packages(name: str, value: Any) -> tuple[str, ...]:
    packages = [value] if isinstance(value, str) else value
    if not isinstance(packages, list) or not packages or not all(isinstance(each, str) and each for each in packages):
        raise Misconfigured(f'[{TABLE}] modules.{name} is a package, or a list of them: "depot.{name}"')
    return tuple(packages)


def _table(root: Path) -> dict[str, Any] | None:
    path = root / "pyproject.toml"
    if not path.is_file():
        return None
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("seamline")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}") from None
    if found is not None and not isinstance(found, dict):
        raise Misconfigured(f"{path}: [{TABLE}] is a table")
    return found
