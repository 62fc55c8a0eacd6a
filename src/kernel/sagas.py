"""Flows over several modules: steps with compensations, progress stored, resumed by whichever process finds them.

The saga pattern: Garcia-Molina and Salem, "Sagas", SIGMOD 1987. Every step and every compensation is an idempotent
command keyed by the saga's id, so that doing one again after a crash is harmless.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import structlog

from contracts.language import AvailabilityError, ContractError
from kernel import context
from kernel.context import Context
from kernel.databases import RELAXED, cursor, transaction
from kernel.models import SagaState

log = structlog.get_logger("seam.sagas")

LEASE = timedelta(seconds=20)
"""How long the process that works on a saga may hold it; longer than all its steps together may take."""
BATCH = 100
MAX_PAUSE = 10.0

_START = """
    INSERT INTO kernel_saga (id, name, state, step, attempts, reason, deadline, claimed_until, request_id,
                             traceparent, started_at)
    VALUES (%s, %s, 'running', 0, 1, '', now() + %s, now() + %s, %s, %s, now())
"""
_CLAIM = """
    UPDATE kernel_saga SET claimed_until = now() + %s, attempts = attempts + 1
    WHERE id = %s AND state IN ('running', 'compensating') AND claimed_until <= now()
    RETURNING state, step, attempts, reason, deadline <= now()
"""
_UNFINISHED = """
    SELECT name, id, request_id, traceparent FROM kernel_saga
    WHERE state IN ('running', 'compensating') AND claimed_until <= now() ORDER BY claimed_until LIMIT %s
"""
_STEP = f"""
    UPDATE kernel_saga SET step = %s FROM {RELAXED} WHERE id = %s AND state = 'running' AND step = %s
"""  # noqa: S608
_MOVE = "UPDATE kernel_saga SET state = %s, step = %s, reason = %s WHERE id = %s AND state = %s AND step = %s"
_DUE_NOW = "UPDATE kernel_saga SET claimed_until = now() WHERE id = %s"
# A nudge that came meanwhile has ended the claim, and must not be lost.
_RELEASE = "UPDATE kernel_saga SET claimed_until = now() + %s WHERE id = %s AND claimed_until > now()"
_COMPENSATE = """
    UPDATE kernel_saga SET state = 'compensating', reason = %s, claimed_until = now()
    WHERE id = %s AND state = 'running'
"""


class Refusal(msgspec.Struct, frozen=True):
    """Why a saga turned back."""

    code: str
    detail: str


class Step(NamedTuple):
    """One step and its compensation. Both take the saga's id.

    `action` returns what it came to; None means that an answer is awaited, and it is asked again later. A contract
    error turns the saga back; an availability error has it tried again. `compensation` is called for the step that
    failed too, because its effect may have come about all the same; and where a saga was resumed, for every step.
    """

    action: Callable[[UUID], object]
    compensation: Callable[[UUID], object]


class Outcome(NamedTuple):
    """Where a saga stands after some work on it, and what made it turn back."""

    state: SagaState
    error: ContractError | None = None


@dataclass(frozen=True, slots=True)
class Saga:
    """A flow owned by one module.

    `complete` runs in the transaction that marks the saga done, and gets what the last action came to; `abandon` runs
    in the one that marks it compensated.
    """

    module: str
    name: str
    steps: tuple[Step, ...]
    complete: Callable[[UUID, Any], object]
    abandon: Callable[[UUID, Refusal], object]
    deadline: timedelta
    """How long it may wait for an answer before it turns back."""

    def start(self, saga_id: UUID) -> None:
        """Store a new saga, in the caller's transaction, for `run_started` or, after a crash, for `resume`."""
        now = context.current()
        self._execute(_START, [saga_id, self.name, self.deadline, LEASE, now.request_id, now.traceparent])

    def run_started(self, saga_id: UUID) -> Outcome:
        """Work on a saga that this process has just started."""
        return self._forward(_Progress(saga_id, 0, 1, expired=False))

    def resume(self, saga_id: UUID) -> Outcome | None:
        """Go on with an unfinished saga; None when it is finished or another process works on it."""
        with cursor(self.module) as sql:
            sql.execute(_CLAIM, [LEASE, saga_id])
            row = sql.fetchone()
        if row is None:
            return None
        state, step, attempts, reason, expired = row
        # A crash of the server may have lost the last steps that were stored (ADR 5): any may have had its effect.
        progress = _Progress(saga_id, step, attempts, expired, reached=len(self.steps) - 1)
        if state == SagaState.COMPENSATING:
            return self._compensate(progress, msgspec.json.decode(reason, type=Refusal))
        return self._forward(progress)

    def compensate(self, saga_id: UUID, refusal: Refusal) -> bool:
        """Have a saga that is not done compensate; whether it will. Joins the caller's transaction."""
        return self._execute(_COMPENSATE, [_encoded(refusal), saga_id])

    def nudge(self, saga_id: UUID) -> None:
        """Have a waiting saga looked at soon: the answer it waits for is there. Joins the caller's transaction."""
        self._execute(_DUE_NOW, [saga_id])

    def _forward(self, progress: "_Progress") -> Outcome:
        for number in range(progress.step, len(self.steps)):
            try:
                result = self.steps[number].action(progress.id)
                if result is None and not progress.expired:
                    return self._later(progress, SagaState.RUNNING)
                if result is not None and not self._advance(progress.id, number, result):
                    return Outcome(SagaState.COMPENSATING)
            except AvailabilityError as error:
                if not progress.expired:
                    log.info("saga_waits", saga=self.name, id=str(progress.id), error=error.code)
                    return self._later(progress, SagaState.RUNNING)
                return self._refuse(progress.at(number), error)
            except ContractError as error:
                return self._refuse(progress.at(number), error)
            if result is None:
                return self._refuse(progress.at(number), None)
        return Outcome(SagaState.DONE)

    def _advance(self, saga_id: UUID, number: int, result: object) -> bool:
        """Store that a step is done, and complete the saga with the last; False where it was turned back meanwhile."""
        if number + 1 < len(self.steps):
            return self._execute(_STEP, [number + 1, saga_id, number])
        with transaction(self.module):
            if not self._moved(saga_id, SagaState.RUNNING, number, SagaState.DONE, number + 1):
                return False
            self.complete(saga_id, result)
        return True

    def _refuse(self, progress: "_Progress", error: ContractError | None) -> Outcome:
        refusal = Refusal(error.code, error.detail) if error else Refusal("expired", "No answer came in time")
        if not self._moved(
            progress.id, SagaState.RUNNING, progress.step, SagaState.COMPENSATING, progress.step, refusal
        ):
            return Outcome(SagaState.COMPENSATING, error)
        return self._compensate(progress, refusal)._replace(error=error)

    def _compensate(self, progress: "_Progress", refusal: Refusal) -> Outcome:
        for number in range(max(progress.step, progress.reached), -1, -1):
            try:
                self.steps[number].compensation(progress.id)
            except ContractError as error:
                log.warning("compensation_waits", saga=self.name, id=str(progress.id), error=error.code)
                return self._later(progress, SagaState.COMPENSATING)
        with transaction(self.module):
            if self._moved(
                progress.id, SagaState.COMPENSATING, progress.step, SagaState.COMPENSATED, progress.step, refusal
            ):
                self.abandon(progress.id, refusal)
        return Outcome(SagaState.COMPENSATED)

    def _later(self, progress: "_Progress", state: SagaState) -> Outcome:
        pause = min(MAX_PAUSE, 0.5 * 2 ** min(progress.attempts, 10))
        self._execute(_RELEASE, [timedelta(seconds=pause), progress.id])
        return Outcome(state)

    def _moved(
        self, saga_id: UUID, state: SagaState, step: int, to: SagaState, to_step: int, why: Refusal | None = None
    ) -> bool:
        # Compare-and-set: somebody else may have turned the saga back meanwhile.
        return self._execute(_MOVE, [to, to_step, _encoded(why) if why else "", saga_id, state, step])

    def _execute(self, statement: str, parameters: list[Any]) -> bool:
        with cursor(self.module) as sql:
            sql.execute(statement, parameters)
            return bool(sql.rowcount)


class _Progress(NamedTuple):
    id: UUID
    step: int
    attempts: int
    expired: bool
    reached: int = 0
    """The last step that may have been begun, where that is not certain."""

    def at(self, step: int) -> "_Progress":
        return self._replace(step=step)


def resume(module: str) -> int:
    """Go on with a module's unfinished sagas that nobody works on; how many were found."""
    from kernel.module import active

    with cursor(module) as sql:
        sql.execute(_UNFINISHED, [BATCH])
        found = sql.fetchall()
    if not found:
        return 0
    known = {saga.name: saga for saga in active()[module].room("sagas").SAGAS}
    for name, saga_id, request_id, traceparent in found:
        try:
            with context.entered(Context(request_id, traceparent, module=module, origin=f"saga {name}")):
                known[name].resume(saga_id)
        except Exception as error:
            log.error("saga_failed", saga=name, id=str(saga_id), exc_info=error)
    return len(found)


def _encoded(refusal: Refusal) -> str:
    return msgspec.json.encode(refusal).decode()
