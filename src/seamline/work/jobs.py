"""Periodic jobs: declared in a module's manifest, run once per period over all processes."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import structlog
from django.db import Error, close_old_connections

from seamline.context import working_for
from seamline.databases import execute, fetch, ownership
from seamline.module import BadManifest, Job, Module, active
from seamline.observability import metrics, tracing
from seamline.work import pruning, sagas, wakeups
from seamline.work.leases import LeaseTable

log = structlog.get_logger("seamline.jobs")

LEASES = LeaseTable("seamline_job", "name", "text")
PRUNE = Job("seamline.prune", every=3600.0)
"""Of each module's tables."""
MAX_ERROR_LENGTH = 2000
NOTE_TIMEOUT = 5.0
"""Seconds that it may take to note how a run went."""

_NEXT_DUE = "SELECT name, extract(epoch FROM due_at - now())::float8 FROM seamline_job WHERE module = %s"
_REGISTER = """
    INSERT INTO seamline_job (module, name, attempts, due_at) VALUES (%s, %s, 0, now() + %s)
    ON CONFLICT (module, name) DO NOTHING
"""
_NOTE_RUN = "UPDATE seamline_job SET ended_at = now(), seconds = %s, error = %s WHERE module = %s AND name = %s"
_UNDER_WAY = ", ended_at = NULL"
"""By which somebody else sees that it has begun: who becomes the module's owner meanwhile runs it again."""
_LAST_RUNS = "SELECT name, attempts, due_at, ended_at, seconds, error FROM seamline_job WHERE module = %s ORDER BY name"
_MAKE_DUE = "UPDATE seamline_job SET due_at = now() WHERE module = %s AND name = %s"


class Task(NamedTuple):
    """A job of one module, with the function that does it."""

    module: str
    name: str
    when: Job
    run: Callable[[], object]


class LastRun(NamedTuple):
    """How a job went the last time that it was run; Nones where it was not yet, or by a version that notes nothing.

    `ended_at` is None while it is run, too.
    """

    name: str
    runs: int = 0
    due_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: float | None = None
    error: str | None = None


def tasks(module: str) -> list[Task]:
    """List all periodic work of a module: what it declares, and what the runtime does for each."""
    manifest = active()[module]
    return [
        *(Task(module, job.name, job, getattr(manifest.room("jobs"), job.name)) for job in manifest.jobs),
        Task(module, PRUNE.name, PRUNE, partial(pruning.prune, module)),
    ]


def seconds_until_due(module: str) -> list[tuple[Task, float]]:
    """Ask when each of a module's jobs is due; not more than 0 for one whose time has come."""
    known = dict(fetch(module, _NEXT_DUE, [module]))
    now = datetime.now(UTC)
    # One that nobody has seen yet is run at once, unless it has its hour.
    return [(task, known.get(task.name, _first_pause(task, now).total_seconds())) for task in tasks(module)]


def last_runs(module: str) -> list[LastRun]:
    """Ask how each of a module's jobs went the last time, by name; those that nobody runs any more are among them."""
    return [LastRun(*row) for row in fetch(module, _LAST_RUNS, [module])]


def describe(module: str) -> list[tuple[str, LastRun]]:
    """List the jobs that a module has now: when each is run, in words, and how it went the last time."""
    known = {run.name: run for run in last_runs(module)}
    return [
        (task.when.cron or f"every {task.when.every:g} s", known.get(task.name) or LastRun(task.name))
        for task in tasks(module)
    ]


def make_due(module: str, name: str) -> bool:
    """Make a job due now; whether it is known. It is due again in its time."""
    for task in tasks(module):
        if task.name == name:
            execute(module, _REGISTER, [module, name, timedelta(0)])
            execute(module, _MAKE_DUE, [module, name])
            wakeups.wake(module)
            return True
    return False


def run(task: Task) -> bool:
    """Run a job, unless another process took it for this period; whether it was run.

    The lease lasts until it is due next. A job that fails is logged, and due again in time.
    """
    if not _acquire(task):
        return False
    began, outcome, what = time.monotonic(), "ok", None
    try:
        with working_for(task.module, origin=f"job {task.name}"), tracing.span(f"job {task.name}"):
            task.run()
    except Exception as error:
        if ownership.moved_to(task.module, error):
            log.info("job_moved", module=task.module, job=task.name)
            return False
        outcome, what = "failed", f"{type(error).__name__}: {error}"[:MAX_ERROR_LENGTH]
        log.error("job_failed", module=task.module, job=task.name, exc_info=error)
        close_old_connections()
    seconds = time.monotonic() - began
    _note_run(task, seconds, what)
    metrics.jobs.labels(task.module, task.name, outcome).observe(seconds)
    metrics.flush()
    return True


def run_named(module: str, name: str) -> None:
    """Run a job if it is due, or go on with the module's sagas; neither where the module has just moved."""
    try:
        _run_named(module, name)
    except Error as error:
        if not ownership.moved_to(module, error):
            raise
        log.info("job_moved", module=module, job=name)


def _run_named(module: str, name: str) -> None:
    if name == sagas.RESUME:
        sagas.resume(module)
        return
    for task, seconds in seconds_until_due(module):
        if task.name == name and seconds <= 0:
            run(task)


def check_module(module: Module) -> None:
    """Raises `BadManifest` when a job of the module's manifest has no function."""
    for job in module.jobs:
        try:
            getattr(module.room("jobs"), job.name)
        except (ModuleNotFoundError, AttributeError) as cause:
            raise BadManifest(
                f"{module.path_of('jobs.py')}: the manifest declares the job {job.name!r}; define {job.name}() here"
            ) from cause


def _acquire(task: Task) -> bool:
    now = datetime.now(UTC)

    def acquire() -> bool:
        period = task.when.seconds_to_next(now)
        return bool(LEASES.acquire(task.module, "name = %(name)s", {"name": task.name}, period, also=_UNDER_WAY))

    first = [task.module, task.name, _first_pause(task, now)]
    return acquire() or (bool(execute(task.module, _REGISTER, first)) and acquire())


def _first_pause(task: Task, now: datetime) -> timedelta:
    return timedelta(seconds=task.when.seconds_to_next(now) if task.when.cron else 0)


def _note_run(task: Task, seconds: float, error: str | None) -> None:
    try:
        with working_for(task.module, NOTE_TIMEOUT):
            execute(task.module, _NOTE_RUN, [seconds, error, task.module, task.name])
    except Error as away:
        log.warning("job_not_noted", module=task.module, job=task.name, error=str(away).strip())
