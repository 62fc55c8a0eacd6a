"""A person's request: all modules are asked, the one with the accounts last, so that one can ask again until then."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from seamline import topology
from seamline.calls import call
from seamline.context import Context, entered, new_id, working_for
from seamline.contract import ContractError
from seamline.module import active, known
from seamline.personal_data.facet import ACCOUNTS, BATCH_SIZE, Erased, Holding, Record, personal_data_facet

T = TypeVar("T")
LAST = "it has the accounts, and is asked once all others have answered"
Progress = Callable[[str], None]
"""Is told which module is asked."""


@dataclass
class Export:
    """All that the modules have of a person, by module and kind."""

    records: dict[str, dict[str, list[Record]]] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)
    """Why a module is not in it."""


@dataclass
class Erasure:
    """What became of a person's records, by module."""

    erased: dict[str, tuple[Erased, ...]] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)
    """Why a module still has what it had: ask again."""


def export(person: str, progress: Progress = lambda module: None) -> Export:
    """Tell all that the modules have of a person, by their id."""
    found = Export()
    with entered(Context(request_id=new_id(), origin="personal_data")):
        for module, holding in _ask_all(_holding, sorted(known()), found.unanswered, progress).items():
            records = _ask_all(partial(_records_of, holding, person), [module], found.unanswered, progress)
            if told := {kind: records for kind, records in records.get(module, {}).items() if records}:
                found.records[module] = told
    return found


def erase(person: str, progress: Progress = lambda module: None) -> Erasure:
    """Erase what is a person's, in all modules. Where one does not answer, the accounts stay for another try."""
    found = Erasure()
    with entered(Context(request_id=new_id(), origin="personal_data")):
        asked = _ask_all(_holding, sorted(known()), found.unanswered, progress)
        others = [module for module, holding in asked.items() if not holding.accounts]
        erased = _ask_all(partial(_erase, person), others, found.unanswered, progress)
        accounts = [module for module in asked if module not in others]
        if found.unanswered:
            found.unanswered |= dict.fromkeys(accounts, LAST)
        else:
            erased |= _ask_all(partial(_erase, person), accounts, found.unanswered, progress)
    found.erased = {module: told for module, told in erased.items() if told}
    return found


def find_person(email: str) -> str | None:
    """Find the id of an open account by its e-mail address, where the accounts live here."""
    for module in active().values():
        if topology.current().is_here(module.name) and ACCOUNTS in module.apps and module.has("accounts"):
            with working_for(module.name):
                found = module.room("accounts").ACCOUNTS.directory.find_by_email(email)
            if found:
                return str(found.id)
    return None


def _ask_all(
    ask: Callable[[str], T], modules: Iterable[str], unanswered: dict[str, str], progress: Progress
) -> dict[str, T]:
    answers = {}
    for module in modules:
        progress(module)
        try:
            answers[module] = ask(module)
        except ContractError as error:
            unanswered[module] = str(error).strip()
    return answers


def _holding(module: str) -> Holding:
    return call(personal_data_facet(module)).holding()


def _erase(person: str, module: str) -> tuple[Erased, ...]:
    return call(personal_data_facet(module)).erase(person)


def _records_of(holding: Holding, person: str, module: str) -> dict[str, list[Record]]:
    return {kind: list(_records(module, kind, person)) for kind in holding.kinds}


def _records(module: str, kind: str, person: str) -> Iterator[Record]:
    batch = call(personal_data_facet(module)).records(kind, person)
    yield from batch
    while len(batch) == BATCH_SIZE:
        batch = call(personal_data_facet(module)).records(kind, person, batch[-1].key)
        yield from batch
