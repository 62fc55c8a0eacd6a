"""How far each module of a map has come, and what binds it from there on."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from extraction.ratchet.config import Config, Misconfigured
from extraction.reading import manifest
from extraction.reading.layout import SOURCE_ROOTS
from extraction.reading.source import Source
from extraction.reading.stages import Stage
from extraction.survey.kinds import KEYS
from extraction.survey.model import Coupling

OF_DATA = frozenset(
    {
        *KEYS,
        "concrete-model",
        "generic-relation",
        "reverse-accessor",
        "spanning-lookup",
        "joined-load",
        "migration-dependency",
        "migration-import",
        "migration-model",
        "raw-sql",
        "shared-transaction",
        "cascade",
    }
)
"""Kinds of coupling by way of the tables: none is left of a module whose tables nobody else reaches."""


@dataclass(frozen=True, slots=True)
class ModuleState:
    """How far a module has come, and by which manifest."""

    module: str
    package: str
    stage: Stage
    data: str = ""
    guards: str = ""


def read_states(root: Path, config: Config) -> dict[str, ModuleState]:
    """Read the manifests of the modules that have any. Raises `Misconfigured` for one that cannot be read."""
    return {name: _read_state(root, name, packages) for name, packages in config.modules.items()}


def read_manifests(root: Path, config: Config) -> Iterator[manifest.Manifest]:
    """Read the manifests of the map's modules, of those that have one. Raises `Misconfigured`."""
    for packages in config.modules.values():
        for package in packages:
            for source_root in SOURCE_ROOTS:
                path = f"{source_root}{package.replace('.', '/')}/module.py"
                if (root / path).is_file():
                    yield _read_manifest(root, path, f"{package}.module")


def unlawful(couplings: Iterable[Coupling], states: Mapping[str, ModuleState]) -> Iterator[Coupling]:
    """Find what no baseline allows: couplings by way of tables, where one side has data of its own."""
    own = {name for name, state in states.items() if state.stage in (Stage.OWN_DATA, Stage.SERVICE)}
    return (found for found in couplings if found.kind in OF_DATA and own & {found.source, found.target})


def _read_state(root: Path, module: str, packages: tuple[str, ...]) -> ModuleState:
    for package in packages:
        for source_root in SOURCE_ROOTS:
            path = f"{source_root}{package.replace('.', '/')}/module.py"
            if (root / path).is_file():
                found = _read_manifest(root, path, f"{package}.module")
                if found.name != module:
                    raise Misconfigured(f"{path}:{found.line}: the map calls it {module!r}: write name={module!r}")
                return ModuleState(module, package, found.stage, found.data, found.guards)
    return ModuleState(module, ", ".join(packages), Stage.MAPPED)


def _read_manifest(root: Path, path: str, dotted: str) -> manifest.Manifest:
    try:
        return manifest.read(Source(path, dotted, ast.parse((root / path).read_bytes(), path)))
    except manifest.UnreadableManifest as error:
        raise Misconfigured(f"{path}:{error.line}: {error}; write MODULE = Module(name=…, …) there") from None
    except (SyntaxError, ValueError) as error:
        raise Misconfigured(f"{path}: it is no Python: {error}") from None
