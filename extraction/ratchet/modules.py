"""The couplings between the modules of a map, whatever apps they are made of."""

from dataclasses import replace
from pathlib import Path

from extraction.ratchet.config import TABLE, Config, Misconfigured
from extraction.reading.layout import SOURCE_ROOTS
from extraction.survey.model import EVERY, OUTSIDE, Coupling, Findings
from extraction.survey.report import find
from extraction.survey.scan import Report


def couplings_of_modules(
    root: Path, config: Config, report: Report = lambda done, total: None
) -> tuple[list[Coupling], Findings]:
    """Find what goes from module to module. Code that the map does not name is judged by nobody.

    Raises `NoDjangoProject`, and `Misconfigured` for a package that is not there.
    """
    packages = [package for packages in config.modules.values() for package in packages]
    packages += config.libraries
    findings = find(root, report, packages)
    modules = {app.label: config.module_of(app.package) for app in findings.apps.values()}
    known = {app.package for app in findings.apps.values()}
    for package in packages:
        is_there = package in known or any(name.startswith(f"{package}.") for name in known)
        if not is_there and not (package in config.libraries and _is_file(root, package)):
            raise Misconfigured(f"[{TABLE}] names {package}, and no such package is in {root}")
    modules[EVERY] = EVERY
    folded = [
        _fold(found, modules) for found in (*findings.couplings, *findings.outside) if OUTSIDE not in _ends(found)
    ]
    return [found for found in folded if found is not None], findings


def _is_file(root: Path, dotted: str) -> bool:
    """Tell whether a name is one file's: a library may be no more than that."""
    return any((root / folder / f"{dotted.replace('.', '/')}.py").is_file() for folder in SOURCE_ROOTS)


def _ends(found: Coupling) -> tuple[str, str]:
    return found.source, found.target


def _fold(found: Coupling, modules: dict[str, str | None]) -> Coupling | None:
    source, target = modules.get(found.source), modules.get(found.target)
    if source is None or target is None or source == target:
        return None
    return replace(found, source=source, target=target)
