"""The contract of a module that lived elsewhere, and may have grown there."""

from collections.abc import Iterator
from dataclasses import dataclass

from extraction.compat import comparison, lock, trees
from extraction.compat.comparison import ContractChange
from extraction.compat.description import Description
from extraction.departure.service_repository import Service
from extraction.processes.errors import Refused
from extraction.reading.layout import LAYERS, contract_file, lock_file
from extraction.reading.project import Project
from extraction.writing.plan import File, read_file

CONTRACTS = LAYERS["contracts"]


@dataclass(frozen=True)
class Agreement:
    """What both sides hold each other to."""

    files: tuple[File, ...] = ()
    """The module's contract and its lock, where the service has them otherwise."""
    changes: tuple[str, ...] = ()
    """How the contract has grown, a line each."""


def agreement(monolith: Project, service: Service, *, others: bool = False) -> Agreement:
    """Take over what the service has made of its contract. Raises `Refused` where that breaks what was promised here.

    With `others` it also has to get along with the monolith's contracts of other modules, in place of its own copies.
    """
    own = contract_file(service.module)
    changed = {path for path in _contracts(service.project) if not _same(monolith, service.project, path)}
    words = {path for path in changed if _module(path) in service.project.shared_words}
    new = tuple(read_file(service.project, path) for path in sorted(words) if not (monolith.root / path).exists())
    differing = sorted(words - {word.path for word in new})
    if own not in changed and not differing and not (others and changed):
        return Agreement(new)
    here, there = (trees.describe_folder(project.root) for project in (monolith, service.project))
    here = lock.keep_drafts(here, lock.read(monolith.root))
    audience = comparison.Audience.of([*monolith.manifests.values(), service.manifest])
    found = comparison.compare(_only(here, service.module), _only(there, service.module), audience)
    if others:
        names = {_module(path) for path in (_contracts(service.project) if differing else changed)} - {service.module}
        found += comparison.compare(_only(there, *names), _only(here, *names), audience)
    _refuse_breaking(found)
    if differing and (own in changed or here.get(service.module) != there.get(service.module)):
        raise Refused(f"{differing[0]}, which others' contracts use too, is otherwise here: make both the same first")
    if own not in changed:
        return Agreement(new)
    locked = File(lock_file(service.module), there[service.module].as_text().encode())
    grown = tuple(str(change) for change in found if change.path == own)
    return Agreement((*new, read_file(service.project, own), locked), grown)


def _contracts(project: Project) -> Iterator[str]:
    """The files of modules' contracts."""
    paths = (path for path in project.files(CONTRACTS) if path.endswith(".py"))
    return (path for path in paths if not path.endswith("__init__.py"))


def _module(path: str) -> str:
    return path.removeprefix(f"{CONTRACTS}/").removesuffix(".py")


def _same(monolith: Project, service: Project, path: str) -> bool:
    place = monolith.root / path
    return place.is_file() and place.read_bytes() == (service.root / path).read_bytes()


def _only(described: Description, *modules: str) -> Description:
    return {name: described[name] for name in modules if name in described}


def _refuse_breaking(found: list[ContractChange]) -> None:
    breaking = [str(change) for change in found if change.is_breaking]
    if breaking:
        more = f" (and {len(breaking) - 1} more)" if breaking[1:] else ""
        raise Refused(f"{breaking[0]}{more}: keep the old version of the contract in the service beside the new")
