"""Flows over several modules: steps with compensations, progress stored, resumed by whichever process finds them.

The saga pattern: Garcia-Molina and Salem, "Sagas", SIGMOD 1987. Every step and every compensation is an idempotent
command keyed by the saga's id, so that doing one again after a crash is harmless.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import structlog

from seamline import context
from seamline.context import Context
from seamline.contract import AvailabilityError, ContractError, Unexpected
from seamline.databases import execute, fetch, transaction
from seamline.models import SagaState

log = structlog.get_logger("seam.sagas")

STEP_TIMEOUT = 10.0
"""Seconds that a step may take, or its compensation, unless it says otherwise."""
MARGIN = 2.5
"""Seconds of a lease that are left when a step has taken all its time, for noting what came of it."""
BATCH_SIZE = 100
MAX_BACKOFF = 10.0

_START = """
    INSERT INTO seamline_saga (id, name, state, step, attempts, reason, deadline, claimed_until, request_id,
                             traceparent, started_at)
    VALUES (%s, %s, 'running', 0, 1, '', now() + %s, now() + %s, %s, %s, now())
"""
_CLAIM = """
    UPDATE seamline_saga SET claimed_until = now() + %s, attempts = attempts + 1
    WHERE id = %s AND state IN ('running', 'compensating') AND claimed_until <= now()
    RETURNING state, step, attempts, reason, deadline <= now()
"""
# Any of them, so that those that nobody can go on with do not keep the others from it.
_UNFINISHED = """
    SELECT name, id, request_id, traceparent FROM seamline_saga
    WHERE state IN ('running', 'compensating') AND claimed_until <= now() ORDER BY random() LIMIT %s
"""
# Compare-and-set: only who claimed it last may move it, and somebody else may have turned it back meanwhile.
_MOVE = "UPDATE seamline_saga SET state = %s, step = %s, reason = %s WHERE id = %s AND state = %s AND attempts = %s"
_PROLONG = """
    UPDATE seamline_saga SET claimed_until = now() + %s WHERE id = %s AND attempts = %s AND claimed_until > now()
"""
_DUE_NOW = "UPDATE seamline_saga SET claimed_until = now() WHERE id = %s"
# A wake that came meanwhile has ended the claim, and must not be lost.
_RELEASE = """
    UPDATE seamline_saga SET claimed_until = now() + %s, step = %s
    WHERE id = %s AND attempts = %s AND claimed_until > now()
"""
_COMPENSATE = """
    UPDATE seamline_saga SET state = 'compensating', reason = %s, claimed_until = now()
    WHERE id = %s AND state = 'running'
"""


class Failure(msgspec.Struct, frozen=True):
    """Why a saga turned back."""

    code: str
    detail: str


class Step(NamedTuple):
    """One step and its compensation. Both take what the saga is about.

    `action` returns what it came to; None means that an answer is awaited, and it is asked again later. A contract
    error turns the saga back; an availability error, or a failure that no contract names, has it tried again.
    `compensation` is called for the step that failed too, because its effect may have come about all the same; and
    where a saga was resumed, for every step.
    """

    action: Callable[[Any], object]
    compensation: Callable[[Any], object]
    timeout: float = STEP_TIMEOUT
    """Seconds that either may take: its calls and its statements get no more."""


class Outcome(NamedTuple):
    """Where a saga stands after some work on it, and what made it turn back."""

    state: SagaState
    error: ContractError | None = None


@dataclass(frozen=True, slots=True)
class Saga:
    """A flow owned by one module.

    `complete` runs in the transaction that marks the saga done, and gets what the last action came to;
    `on_compensated` runs in the one that marks it compensated. How far it has come is stored where it stops; after a
    crash it goes on from there, and does some steps again.
    """

    module: str
    name: str
    subject: Callable[[UUID], Any]
    """Reads what the saga of an id is about, for one that is resumed. Its steps take that and may not rely on what
    changes in it."""
    steps: tuple[Step, ...]
    complete: Callable[[Any, Any], object]
    on_compensated: Callable[[Any, Failure], object]
    deadline: timedelta
    """How long it may wait for an answer before it turns back."""

    @property
    def lease(self) -> timedelta:
        """How long the process that works on it may hold it, from one step to the next: a dead one's is taken over
        after that. Steps that took longer than the margin have it prolonged before the next begins."""
        return timedelta(seconds=max(step.timeout for step in self.steps) + 2 * MARGIN)

    def start(self, saga_id: UUID) -> None:
        """Store a new saga, in the caller's transaction, for `run_started` or, after a crash, for `resume`."""
        now = context.current()
        execute(self.module, _START, [saga_id, self.name, self.deadline, self.lease, now.request_id, now.traceparent])

    def run_started(self, saga_id: UUID, subject: object) -> Outcome | None:
        """Work on a saga that this process has just started, about `subject`; None when it got out of hand meanwhile:
        it was turned back, or another process works on it."""
        claim = _Claim(saga_id, subject, step=0, attempts=1, expired=False, until=self._until())
        return self._forward(claim)

    def resume(self, saga_id: UUID) -> Outcome | None:
        """Go on with an unfinished saga; None when it is finished, or another process works on it."""
        until = self._until()
        claimed = fetch(self.module, _CLAIM, [self.lease, saga_id])
        if not claimed:
            return None
        state, step, attempts, reason, expired = claimed[0]
        # Whoever worked on it before may have begun any of the steps.
        claim = _Claim(saga_id, self.subject(saga_id), step, attempts, expired, until, reached=len(self.steps) - 1)
        if state == SagaState.COMPENSATING:
            return self._compensate(claim, msgspec.json.decode(reason, type=Failure))
        return self._forward(claim)

    def compensate(self, saga_id: UUID, refusal: Failure) -> bool:
        """Have a saga that is not done compensate; whether it will. Joins the caller's transaction."""
        return bool(execute(self.module, _COMPENSATE, [_encoded(refusal), saga_id]))

    def wake(self, saga_id: UUID) -> None:
        """Have a waiting saga looked at soon: the answer it waits for is there. Joins the caller's transaction."""
        execute(self.module, _DUE_NOW, [saga_id])

    def _forward(self, claim: "_Claim") -> Outcome | None:
        result: object = None
        for number in range(claim.step, len(self.steps)):
            claim, step = claim.at(number), self.steps[number]
            try:
                claim = self._prolonged(claim, step)
                result = self._run(step.action, claim, step)
            except _Lost:
                return None
            except (AvailabilityError, Unexpected) as error:
                # Neither is a refusal: of the one nothing is known, and the other is a failure, such as a database's.
                log.info("saga_waits", saga=self.name, id=str(claim.id), error=error.code)
                result = None
            except ContractError as error:
                return self._refuse(claim, error)
            if result is None:
                return self._refuse(claim, None) if claim.expired else self._later(claim, SagaState.RUNNING)
        try:
            return self._complete(claim, result)
        except AvailabilityError:  # nobody waits any more
            return self._later(claim, SagaState.RUNNING)

    def _run(self, work: Callable[[Any], object], claim: "_Claim", step: Step) -> object:
        with context.entered(context.calling(context.current(), self.module, step.timeout)):
            return work(claim.subject)

    def _prolonged(self, claim: "_Claim", step: Step) -> "_Claim":
        """The claim, with time enough for a step. Raises `_Lost` where another process has it now."""
        if claim.until - time.monotonic() > step.timeout + MARGIN:
            return claim
        until = self._until()
        if not execute(self.module, _PROLONG, [self.lease, claim.id, claim.attempts]):
            raise _Lost
        return claim._replace(until=until)

    def _until(self) -> float:
        return time.monotonic() + self.lease.total_seconds()

    def _complete(self, claim: "_Claim", result: object) -> Outcome | None:
        with transaction(self.module):
            if not self._moved(claim, SagaState.RUNNING, SagaState.DONE):
                return None
            self.complete(claim.subject, result)
        return Outcome(SagaState.DONE)

    def _refuse(self, claim: "_Claim", error: ContractError | None) -> Outcome | None:
        refusal = Failure(error.code, error.detail) if error else Failure("expired", "No answer came in time")
        if not self._moved(claim, SagaState.RUNNING, SagaState.COMPENSATING, refusal):
            return None
        return self._compensate(claim, refusal)._replace(error=error)

    def _compensate(self, claim: "_Claim", refusal: Failure) -> Outcome:
        for number in range(max(claim.step, claim.reached), -1, -1):
            step = self.steps[number]
            try:
                claim = self._prolonged(claim, step)
                self._run(step.compensation, claim, step)
            except _Lost:
                return Outcome(SagaState.COMPENSATING)
            except ContractError as error:
                log.warning("compensation_waits", saga=self.name, id=str(claim.id), error=error.code)
                return self._later(claim, SagaState.COMPENSATING)
        try:
            with transaction(self.module):
                if self._moved(claim, SagaState.COMPENSATING, SagaState.COMPENSATED, refusal):
                    self.on_compensated(claim.subject, refusal)
        except AvailabilityError:  # nobody waits any more
            return self._later(claim, SagaState.COMPENSATING)
        return Outcome(SagaState.COMPENSATED)

    def _later(self, claim: "_Claim", state: SagaState) -> Outcome:
        pause = min(MAX_BACKOFF, 0.5 * 2 ** min(claim.attempts, 10))
        execute(self.module, _RELEASE, [timedelta(seconds=pause), claim.step, claim.id, claim.attempts])
        return Outcome(state)

    def _moved(self, claim: "_Claim", state: SagaState, to: SagaState, why: Failure | None = None) -> bool:
        values = [to, claim.step, _encoded(why) if why else "", claim.id, state, claim.attempts]
        return bool(execute(self.module, _MOVE, values))


class _Lost(Exception):
    """Another process works on the saga, or was asked to."""


class _Claim(NamedTuple):
    """A saga that this process may work on, until its lease lapses and another claims it."""

    id: UUID
    subject: Any
    step: int
    attempts: int
    expired: bool
    until: float
    """When the lease lapses, on the monotonic clock."""
    reached: int = 0
    """The last step that may have been begun, where that is not certain."""

    def at(self, step: int) -> "_Claim":
        return self._replace(step=step)


def resume(module: str) -> int:
    """Go on with a module's unfinished sagas that nobody works on; how many were found."""
    from seamline.module import active

    found = fetch(module, _UNFINISHED, [BATCH_SIZE])
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


def _encoded(refusal: Failure) -> str:
    return msgspec.json.encode(refusal).decode()
