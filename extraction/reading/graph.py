"""The graph of imports, from grimp, of the packages in a folder."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grimp
from grimp.application.config import settings
from grimp.application.ports.packagefinder import AbstractPackageFinder

from extraction.processes import interruption


def build(packages: Mapping[str, Path]) -> grimp.ImportGraph:
    """The imports between all modules of `packages`, which maps their names to their folders."""
    # An exception that Rust does not expect is a crash to it, with a traceback.
    with interruption.deferred(), _found_in(packages):
        return grimp.build_graph(*packages, include_external_packages=True, cache_dir=None)


class _Folders(AbstractPackageFinder):
    """Finds packages where it is told, whatever of the same name this process has imported."""

    def __init__(self, packages: Mapping[str, Path]) -> None:
        self._packages = packages

    def determine_package_directories(self, package_name: str, file_system: Any) -> set[str]:
        return {str(self._packages[package_name])}


@contextmanager
def _found_in(packages: Mapping[str, Path]) -> Iterator[None]:
    usual = settings.PACKAGE_FINDER
    settings.configure(PACKAGE_FINDER=_Folders(packages))
    try:
        yield
    finally:
        settings.configure(PACKAGE_FINDER=usual)
