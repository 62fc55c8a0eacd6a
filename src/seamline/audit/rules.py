"""Rules: what the facts of several modules about one key have to have in common."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from seamline.audit.findings import Finding


class Kind(NamedTuple):
    """Facts of one kind of one module, under keys that they have in common with those of others."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Facts that belong together, and what is wrong with those of one key.

    `judge` gets the fact of each kind, in the same order, or None where a module says nothing of the key. What it finds
    is reported of the first kind's module. It is called twice before anything is reported, with facts that were asked
    for again: things move on between two questions.
    """

    judge: Callable[..., Iterable[Finding]]
    kinds: tuple[Kind, ...]

    @property
    def module(self) -> str:
        return self.kinds[0].module


def find_rules(package: str) -> tuple[Rule, ...]:
    """Collect the `RULES` of the files of a package; a deployable without the package has none."""
    if not package or importlib.util.find_spec(package) is None:
        return ()
    path = importlib.import_module(package).__path__
    files = sorted(found.name for found in pkgutil.iter_modules(path))
    rooms = [importlib.import_module(f"{package}.{name}") for name in files]
    return tuple(rule for room in rooms for rule in getattr(room, "RULES", ()))
