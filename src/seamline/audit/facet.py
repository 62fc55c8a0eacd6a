"""Audits by contract: every module serves a second contract, by which it states its facts wherever it lives."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, NamedTuple

import msgspec
from django.db.models import QuerySet
from msgspec import structs

from seamline.audit.facts import Fact, FactKey, Facts, KindName
from seamline.audit.findings import BATCH_SIZE, SETTLING_TIME
from seamline.calls import server
from seamline.contract import Category, Contract, ContractError, query
from seamline.databases import fetch
from seamline.module import BadManifest, Module

FACTS_TIMEOUT = 10.0
"""Seconds in which a module states a batch of facts."""
Keys = Annotated[tuple[FactKey, ...], msgspec.Meta(max_length=BATCH_SIZE)]

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The keys that may be those of flows."""
# By the indexes of what is open and of what was settled lately: a page of facts must not read the whole outbox.
_UNDER_WAY = """
    SELECT key, false FROM seamline_outbox
    WHERE module = %(module)s
      AND subscriber = ANY(ARRAY(SELECT DISTINCT subscriber FROM seamline_subscription WHERE module = %(module)s))
      AND key = ANY(%(keys)s) AND state IN ('pending', 'delivering')
    UNION ALL
    SELECT key, false FROM seamline_outbox
    WHERE module = %(module)s AND state IN ('done', 'discarded') AND done_at > now() - %(within)s
      AND key = ANY(%(keys)s)
    UNION ALL
    SELECT id::text, true FROM seamline_saga
    WHERE module = %(module)s AND id = ANY(%(ids)s::uuid[]) AND state IN ('running', 'compensating')
"""


class UnknownKind(ContractError, category=Category.NOT_FOUND):
    """The module states no facts of this kind."""

    kind: str


class AuditFacet(Contract, module="", facet="audit"):
    """What every module says of its own tables."""

    @query(timeout=FACTS_TIMEOUT, raises=(UnknownKind,))
    def facts(self, kind: KindName, after: FactKey = "") -> tuple[Fact, ...]:
        """State the facts of a kind whose keys come after one, in the order of the keys, a batch at a time."""

    @query(timeout=FACTS_TIMEOUT, raises=(UnknownKind,))
    def facts_about(self, kind: KindName, keys: Keys) -> tuple[Fact, ...]:
        """State the facts of a kind about these keys; there are none of those that are left out."""


@cache
def audit_facet(module: str) -> type[AuditFacet]:
    """Get the audit facet of one module."""

    class ModuleAuditFacet(AuditFacet, module=module, facet="audit"):
        pass

    return ModuleAuditFacet


class _UnderWay(NamedTuple):
    moving: set[str]
    in_flow: set[str]


def serve_module(module: Module) -> None:
    """Answer for a module's facts. Raises `BadManifest` where its `audit.py` names two of one kind."""
    declared = _facts_by_kind(module)

    def facts(kind: str, after: str = "") -> tuple[Fact, ...]:
        source = _facts_of(declared, kind)
        rows = source.rows().order_by(source.key)
        return _state_facts(module.name, source, (_filter(rows, source, "gt", after) if after else rows)[:BATCH_SIZE])

    def facts_about(kind: str, keys: tuple[str, ...]) -> tuple[Fact, ...]:
        source = _facts_of(declared, kind)
        return _state_facts(module.name, source, _filter(source.rows(), source, "in", keys))

    server.register(audit_facet(module.name), {"facts": facts, "facts_about": facts_about})


def _facts_by_kind(module: Module) -> dict[str, Facts]:
    sources: Sequence[Facts] = getattr(module.room("audit"), "FACTS", ()) if module.has("audit") else ()
    declared = {source.kind: source for source in sources}
    if len(declared) < len(sources):
        raise BadManifest(f"src/modules/{module.name}/audit.py: FACTS names a kind twice; give each another name")
    return declared


def _facts_of(declared: dict[str, Facts], kind: str) -> Facts:
    if kind not in declared:
        raise UnknownKind(kind=kind)
    return declared[kind]


def _filter(rows: QuerySet[Any, Any], source: Facts, lookup: str, value: object) -> QuerySet[Any, Any]:
    return rows.filter(**{f"{source.key}__{lookup}": value})


def _state_facts(module: str, source: Facts, rows: QuerySet[Any, Any]) -> tuple[Fact, ...]:
    """State what the module says of some rows, and what the runtime knows to be under way."""
    facts = [source.state(row) for row in rows]
    now = _under_way(module, [fact.key for fact in facts])
    return tuple(
        structs.replace(fact, kind=source.kind, moving=fact.key in now.moving, in_flow=fact.key in now.in_flow)
        for fact in facts
    )


def _under_way(module: str, keys: list[str]) -> _UnderWay:
    values = {
        "module": module,
        "keys": keys,
        "ids": [key for key in keys if _UUID.fullmatch(key)],
        "within": SETTLING_TIME,
    }
    rows = fetch(module, _UNDER_WAY, values) if keys else []
    return _UnderWay({key for key, _ in rows}, {key for key, in_flow in rows if in_flow})
