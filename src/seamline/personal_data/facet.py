"""Personal data by contract: every module tells what it has of a person, and erases it, wherever it lives."""

from collections.abc import Sequence
from functools import cache
from typing import Annotated

import msgspec

from seamline import layout
from seamline.audit.facts import Field, Scalar
from seamline.calls import server
from seamline.contract import Category, Contract, ContractError, Value, command, query, whole
from seamline.databases import execute
from seamline.module import BadManifest, Module
from seamline.personal_data.declarations import PersonalData

ACCOUNTS = "seamline.accounts"
BATCH_SIZE = 200
TIMEOUT = 30.0
"""Seconds in which a module tells a batch of records, or erases all it has of one person."""
KindName = Annotated[str, msgspec.Meta(pattern=whole("[a-z][a-z0-9_]{0,59}"))]
PersonId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
RecordKey = Annotated[str, msgspec.Meta(max_length=200)]

# What the runtime keeps beside a module's own tables: answers for repeated requests, and events that were delivered.
_ANSWERS = "DELETE FROM seamline_idempotent_request WHERE module = %s AND owner = %s"
_LOG_INS = "DELETE FROM seamline_log_in WHERE module = %s AND user_id = %s"
_EVENTS = """
    DELETE FROM seamline_outbox
    WHERE module = %s AND state IN ('done', 'discarded') AND done_at IS NOT NULL
      AND (mentions @> ARRAY[%s] OR mentions IS NULL AND strpos(payload, %s) > 0)
"""


class UnknownRecordKind(ContractError, category=Category.NOT_FOUND):
    """The module has no records of this kind."""

    kind: str


class UnknownPerson(ContractError, category=Category.INVALID):
    """This is no id of a person here."""

    person: str


class Record(Value):
    """What a module has of a person in one row."""

    key: RecordKey
    fields: tuple[Field, ...]


class Holding(Value):
    """What a module has of people."""

    kinds: tuple[KindName, ...]
    accounts: bool
    """Whether their accounts are there, by which they log in."""


class Erased(Value):
    """What became of a person's records of one kind."""

    kind: KindName
    rows: int
    """How many were changed or deleted; 0 where nothing was left to do."""
    kept: int
    """How many stay."""
    because: str
    """Why they stay."""


class PersonalDataFacet(Contract, module="", facet="personal_data"):
    """What a module has of a person."""

    @query(timeout=TIMEOUT)
    def holding(self) -> Holding:
        """Tell what the module has of people."""

    @query(timeout=TIMEOUT, raises=(UnknownRecordKind, UnknownPerson))
    def records(self, kind: KindName, person: PersonId, after: RecordKey = "") -> tuple[Record, ...]:
        """Tell a person's records of a kind whose keys come after one, in the order of the keys, a batch at a time."""

    @command(timeout=TIMEOUT, natural_key=True, raises=(UnknownPerson,))
    def erase(self, person: PersonId) -> tuple[Erased, ...]:
        """Erase what is a person's, but for what has to be kept. Repeatable."""


@cache
def personal_data_facet(module: str) -> type[PersonalDataFacet]:
    """Get the personal-data facet of one module."""

    class ModulePersonalDataFacet(PersonalDataFacet, module=module, facet="personal_data"):
        pass

    return ModulePersonalDataFacet


def serve_module(module: Module) -> None:
    """Answer for a module's records. Raises `BadManifest` where its `personal_data.py` names two of one kind."""
    declared = _by_kind(module)

    def holding() -> Holding:
        return Holding(tuple(declared), ACCOUNTS in module.apps)

    def records(kind: str, person: str, after: str = "") -> tuple[Record, ...]:
        if kind not in declared:
            raise UnknownRecordKind(kind=kind)
        source = declared[kind]
        rows = source.rows_of(_id_of(person)).order_by(source.key)
        if after:
            rows = rows.filter(**{f"{source.key}__gt": after})
        told = rows.values_list(source.key, *source.fields)[:BATCH_SIZE]
        return tuple(Record(str(key), tuple(map(Field, source.fields, map(_scalar, values)))) for key, *values in told)

    def erase(person: str) -> tuple[Erased, ...]:
        typed = _id_of(person)
        erased = tuple(_erase(module.name, source, typed) for source in declared.values())
        execute(module.name, _ANSWERS, [module.name, str(typed)])
        execute(module.name, _LOG_INS, [module.name, str(typed)])
        execute(module.name, _EVENTS, [module.name, str(typed), f'"{typed}"'])
        return erased

    server.register(personal_data_facet(module.name), {"holding": holding, "records": records, "erase": erase})


def _erase(module: str, source: PersonalData, person: object) -> Erased:
    rows = source.erase(module, person)
    return Erased(source.kind, rows, source.rows_of(person).count(), source.kept_because)


def _by_kind(module: Module) -> dict[str, PersonalData]:
    has = module.has("personal_data")
    sources: Sequence[PersonalData] = getattr(module.room("personal_data"), "PERSONAL_DATA", ()) if has else ()
    declared = {source.kind: source for source in sources}
    if len(declared) < len(sources):
        where = f"src/modules/{module.name}/personal_data.py"
        raise BadManifest(f"{where}: PERSONAL_DATA names a kind twice; give each another name")
    return declared


def _id_of(person: str) -> object:
    try:
        return layout.current().user_id_type(person)
    except ValueError:
        raise UnknownPerson(person=person) from None


def _scalar(value: object) -> Scalar:
    return value if value is None or isinstance(value, bool | int) else str(value)
