"""Looking after sagas: what is not at its end, why, and how a person has it go on or go back."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from seamline.databases import execute, fetch
from seamline.work import sagas, wakeups
from seamline.work.sagas import Failure
from seamline.work.states import SagaState

UNFINISHED = (SagaState.RUNNING, SagaState.COMPENSATING)
OPERATOR = "operator"
"""Code of the failure that a person had a saga compensate for."""
MAX_LISTED = 1000
"""Sagas that are listed at once; the oldest first."""

_STATUS = """
    SELECT name, state, count(*), extract(epoch FROM now() - min(started_at))::float8
    FROM seamline_saga WHERE module = %s AND state IN ('running', 'compensating') GROUP BY name, state ORDER BY 1, 2
"""
_COLUMNS = "id, name, state, step, attempts, reason, deadline, due_at, request_id, started_at"
_LIST = f"""
    SELECT {_COLUMNS} FROM seamline_saga
    WHERE module = %(module)s AND state = ANY(%(states)s) AND (%(name)s::text IS NULL OR name = %(name)s)
    AND (%(id)s::uuid IS NULL OR id = %(id)s) ORDER BY started_at, id LIMIT %(most)s
"""  # noqa: S608  of our own columns  # nosec B608
_RETRY = """
    UPDATE seamline_saga SET due_at = now()
    WHERE module = %(module)s AND state IN ('running', 'compensating')
    AND (%(name)s::text IS NULL OR name = %(name)s) AND (%(id)s::uuid IS NULL OR id = %(id)s)
"""


class Flow(NamedTuple):
    """How many sagas of a kind stand in one state."""

    name: str
    state: str
    number: int
    oldest_seconds: float


class Standing(NamedTuple):
    """Where one saga stands."""

    id: UUID
    name: str
    state: str
    step: int
    attempts: int
    reason: str
    """Why it compensates: a code, and what it means."""
    deadline: datetime
    due_at: datetime
    request_id: str
    started_at: datetime


def status(module: str) -> list[Flow]:
    """How many of a module's sagas are not at their end, by name and state."""
    return [Flow(*row) for row in fetch(module, _STATUS, [module])]


def find(
    module: str, name: str | None = None, saga_id: UUID | None = None, states: tuple[SagaState, ...] = UNFINISHED
) -> list[Standing]:
    """Sagas of a module: of one name, with one id, or all that are in these states."""
    values = {"module": module, "name": name, "id": saga_id, "states": [*states], "most": MAX_LISTED}
    rows = [Standing(*row) for row in fetch(module, _LIST, values)]
    return [row._replace(reason=explain(row.reason)) for row in rows]


def retry(module: str, name: str | None = None, saga_id: UUID | None = None) -> int:
    """Make unfinished sagas due now, whatever pause they are in; how many. One that is worked on is due again then."""
    changed = execute(module, _RETRY, {"module": module, "name": name, "id": saga_id})
    if changed:
        wakeups.wake(module)
    return changed


def compensate(module: str, saga_id: UUID, why: str) -> bool:
    """Turn a saga that goes on to going back; whether it will.

    Whoever works on it now has lost it: what its step comes to is not noted, and is compensated with the others.
    """
    return sagas.compensate(module, saga_id, Failure(OPERATOR, why))


def explain(reason: str) -> str:
    """Say why a saga compensates, of what its row has: a code, and what it means; nothing where it does not."""
    if not reason:
        return ""
    failure = msgspec.json.decode(reason, type=Failure)
    return f"{failure.code}: {failure.detail}"
