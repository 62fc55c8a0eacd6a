"""Flows over several modules: steps with compensations, progress stored, resumed by whichever process finds them.

The saga pattern: Garcia-Molina and Salem, "Sagas", SIGMOD 1987. Every step and every compensation is an idempotent
command keyed by the saga's id, so that doing one again after a crash is harmless.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import structlog

from seamline import context
from seamline.configuration.policies import saga_policy
from seamline.context import Context
from seamline.contract import AvailabilityError, ContractError, Unexpected
from seamline.databases import execute, fetch, ownership, transaction
from seamline.observability import metrics, tracing
from seamline.work import wakeups
from seamline.work.leases import Lease, LeaseTable
from seamline.work.states import SagaState

log = structlog.get_logger("seamline.sagas")

LEASES = LeaseTable("seamline_saga", "id", "uuid", is_open="state IN ('running', 'compensating')")
RESUME = "seamline.resume_sagas"
"""Name of the work that goes on with unfinished sagas, among the jobs of a module."""

_START = """
    INSERT INTO seamline_saga (module, id, name, state, step, attempts, reason, deadline, due_at, request_id,
                             traceparent, started_at)
    VALUES (%s, %s, %s, 'running', 0, 1, '', now() + %s, now() + %s, %s, %s, now())
"""
_NEXT_DUE = """
    SELECT extract(epoch FROM min(due_at) - now())::float8 FROM seamline_saga
    WHERE module = %s AND state IN ('running', 'compensating')
"""
# Any of them, so that those that nobody can go on with do not keep the others from it.
_UNFINISHED = """
    SELECT name, id, request_id, traceparent FROM seamline_saga
    WHERE module = %s AND state IN ('running', 'compensating') AND due_at <= now() ORDER BY random() LIMIT %s
"""
# Another process may have had it compensate meanwhile.
_MOVE = "state = %(to)s, step = %(step)s, reason = %(reason)s"
_FROM = " AND state = %(state)s"
_DUE_NOW = "UPDATE seamline_saga SET due_at = now() WHERE module = %s AND id = %s"
_COMPENSATE = """
    UPDATE seamline_saga SET state = 'compensating', reason = %s, due_at = now()
    WHERE module = %s AND id = %s AND state = 'running'
"""


class Failure(msgspec.Struct, frozen=True):
    """Why a saga compensates."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step and its compensation. Both take the saga's state.

    `action` returns what it came to; None means that an answer is awaited, and it is asked again later. A contract
    error has the saga compensate; an availability error, or a failure that no contract names, has it tried again.
    `compensation` is called for the step that failed too, because its effect may have come about all the same; and
    where a saga was resumed, for every step.
    """

    action: Callable[[Any], object]
    compensation: Callable[[Any], object]
    timeout: float = field(default_factory=lambda: saga_policy().step_timeout)
    """Seconds that either may take: its calls and its statements get no more."""


class Outcome(NamedTuple):
    """Where a saga stands after some work on it."""

    state: SagaState
    error: ContractError | None = None
    """What made it compensate."""
    result: Any = None
    """What its `complete` returned, where that is done."""


@dataclass(frozen=True, slots=True)
class Saga:
    """A flow owned by one module.

    `complete` runs in the transaction that marks the saga done, gets what the last action came to, and returns the
    saga's result; `on_compensated` runs in the one that marks it compensated. How far it has come is stored where it
    stops; after a crash it goes on from there, and does some steps again.
    """

    module: str
    name: str
    load_state: Callable[[UUID], Any]
    """Reads what the saga of an id is about, for one that is resumed. Its steps take that and change nothing in it."""
    steps: tuple[Step, ...]
    complete: Callable[[Any, Any], object]
    on_compensated: Callable[[Any, Failure], object]
    deadline: timedelta
    """How long it may wait for an answer before it compensates."""

    @property
    def lease_seconds(self) -> float:
        """Work out how long a process may hold it, from one step to the next: a dead one's is taken over after that.

        Steps that took longer than the margin have it renewed before the next begins.
        """
        return saga_policy().lease_seconds(max(step.timeout for step in self.steps))

    def start(self, saga_id: UUID) -> None:
        """Store a new saga, in the caller's transaction, for `run_started` or, after a crash, for `resume`."""
        now, lease = context.current(), timedelta(seconds=self.lease_seconds)
        values = [self.module, saga_id, self.name, self.deadline, lease, now.request_id, now.traceparent]
        execute(self.module, _START, values)

    def run_started(self, saga_id: UUID, state: object) -> Outcome | None:
        """Work on a saga that this process has just started; None when it got out of hand meanwhile: it compensates,
        or another process works on it."""
        return self._forward(_Work(Lease(saga_id, 1), state, step=0, expired=False, until=self._until()))

    def resume(self, saga_id: UUID) -> Outcome | None:
        """Go on with an unfinished saga; None when it is finished, or another process works on it."""
        until = self._until()
        wanted = ("state", "step", "reason", "deadline <= now()")
        leased = LEASES.acquire(self.module, "id = %(id)s", {"id": saga_id}, self.lease_seconds, wanted)
        if not leased:
            return None
        _, token, state, step, reason, expired = leased
        # Whoever worked on it before may have begun any of the steps.
        last = len(self.steps) - 1
        work = _Work(Lease(saga_id, token), self.load_state(saga_id), step, expired, until, reached=last)
        if state == SagaState.COMPENSATING:
            return self._compensate(work, msgspec.json.decode(reason, type=Failure))
        return self._forward(work)

    def compensate(self, saga_id: UUID, failure: Failure) -> bool:
        """Turn a saga that is not done to compensating; whether it will. Joins the caller's transaction."""
        return compensate(self.module, saga_id, failure)

    def wake(self, saga_id: UUID) -> None:
        """Make a waiting saga due: the answer it waits for is there. Joins the caller's transaction."""
        execute(self.module, _DUE_NOW, [self.module, saga_id])
        wakeups.wake_on_commit(self.module)

    def _forward(self, work: "_Work") -> Outcome | None:
        result: object = None
        for number in range(work.step, len(self.steps)):
            work, step = work.at(number), self.steps[number]
            try:
                work = self._renew(work, step)
                result = self._run(step.action, work, step)
            except _LeaseLost:
                return None
            except (AvailabilityError, Unexpected) as error:
                # Neither is a refusal: of the one nothing is known, and the other is a failure, such as a database's.
                log.info("saga_waits", saga=self.name, id=str(work.lease.key), error=error.code)
                result = None
            except ContractError as error:
                return self._fail(work, error)
            if result is None:
                return self._fail(work, None) if work.expired else self._release(work, SagaState.RUNNING)
        try:
            return self._complete(work, result)
        except AvailabilityError:  # nobody waits any more
            return self._release(work, SagaState.RUNNING)

    def _run(self, act: Callable[[Any], object], work: "_Work", step: Step) -> object:
        with (
            context.entered(context.calling(context.current(), self.module, step.timeout)),
            tracing.span(f"{self.name} {getattr(act, '__name__', 'step')}", saga_id=str(work.lease.key)),
        ):
            return act(work.state)

    def _renew(self, work: "_Work", step: Step) -> "_Work":
        """Give back the work, with time enough for a step. Raises `_LeaseLost` where another process has it now."""
        if work.until - time.monotonic() > step.timeout + saga_policy().settle_margin:
            return work
        until = self._until()
        if not LEASES.renew(self.module, [work.lease], self.lease_seconds):
            metrics.leases_lost.labels(LEASES.name).inc()
            raise _LeaseLost
        return work._replace(until=until)

    def _until(self) -> float:
        return time.monotonic() + self.lease_seconds

    def _complete(self, work: "_Work", result: object) -> Outcome | None:
        with transaction(self.module):
            if not self._move(work, SagaState.RUNNING, SagaState.DONE):
                return None
            outcome = Outcome(SagaState.DONE, result=self.complete(work.state, result))
        self._count(SagaState.DONE)
        return outcome

    def _fail(self, work: "_Work", error: ContractError | None) -> Outcome | None:
        failure = Failure(error.code, error.detail) if error else Failure("expired", "No answer came in time")
        if not self._move(work, SagaState.RUNNING, SagaState.COMPENSATING, failure):
            return None
        return self._compensate(work, failure)._replace(error=error)

    def _compensate(self, work: "_Work", failure: Failure) -> Outcome:
        for number in range(max(work.step, work.reached), -1, -1):
            step = self.steps[number]
            try:
                work = self._renew(work, step)
                self._run(step.compensation, work, step)
            except _LeaseLost:
                return Outcome(SagaState.COMPENSATING)
            except ContractError as error:
                log.warning("compensation_waits", saga=self.name, id=str(work.lease.key), error=error.code)
                return self._release(work, SagaState.COMPENSATING)
        try:
            with transaction(self.module):
                if moved := self._move(work, SagaState.COMPENSATING, SagaState.COMPENSATED, failure):
                    self.on_compensated(work.state, failure)
        except AvailabilityError:  # nobody waits any more
            return self._release(work, SagaState.COMPENSATING)
        if moved:
            self._count(SagaState.COMPENSATED)
        return Outcome(SagaState.COMPENSATED)

    def _release(self, work: "_Work", state: SagaState) -> Outcome:
        pause = saga_policy().backoff.pause(work.lease.token)
        LEASES.release(self.module, work.lease, pause, ", step = %(step)s", {"step": work.step})
        return Outcome(state)

    def _count(self, state: SagaState) -> None:
        metrics.sagas_ended.labels(self.module, self.name, state.value).inc()

    def _move(self, work: "_Work", state: SagaState, to: SagaState, why: Failure | None = None) -> bool:
        values = {"state": state, "to": to, "step": work.step, "reason": _encode(why) if why else ""}
        return LEASES.settle(self.module, work.lease, _MOVE, values, _FROM)


class _LeaseLost(Exception):
    """Another process works on the saga, or was asked to."""


class _Work(NamedTuple):
    """A saga that this process works on, until its lease lapses and another acquires it."""

    lease: Lease
    state: Any
    step: int
    expired: bool
    until: float
    """When the lease lapses, on the monotonic clock."""
    reached: int = 0
    """The last step that may have been begun, where that is not certain."""

    def at(self, step: int) -> "_Work":
        return self._replace(step=step)


def compensate(module: str, saga_id: UUID, failure: Failure) -> bool:
    """Turn a saga that is not done to compensating; whether it will. Joins the caller's transaction."""
    compensates = bool(execute(module, _COMPENSATE, [_encode(failure), module, saga_id]))
    if compensates:
        wakeups.wake_on_commit(module)
    return compensates


def seconds_until_due(module: str) -> float | None:
    """Ask when the next of a module's unfinished sagas may be gone on with; None where there is none."""
    [(seconds,)] = fetch(module, _NEXT_DUE, [module])
    return None if seconds is None else float(seconds)


def resume(module: str) -> int:
    """Go on with a module's unfinished sagas that nobody works on; how many were found."""
    from seamline.module import active

    found = fetch(module, _UNFINISHED, [module, saga_policy().batch_size])
    if not found:
        return 0
    known = {saga.name: saga for saga in active()[module].room("sagas").SAGAS}
    for name, saga_id, request_id, traceparent in found:
        try:
            with context.entered(Context(request_id, traceparent, module=module, origin=f"saga {name}")):
                known[name].resume(saga_id)
        except Exception as error:
            if ownership.moved_to(module, error):
                log.info("sagas_moved", module=module)
                return 0
            log.error("saga_failed", saga=name, id=str(saga_id), exc_info=error)
    return len(found)


def _encode(failure: Failure) -> str:
    return msgspec.json.encode(failure).decode()
