"""Periodic jobs: declared in a module's manifest, run once per period over all processes."""

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import structlog
from django.db import close_old_connections

from seamline.context import working_for
from seamline.databases import execute, fetch
from seamline.module import BadManifest, Module, active
from seamline.observability import metrics
from seamline.work import pruning, sagas
from seamline.work.leases import LeaseTable

log = structlog.get_logger("seamline.jobs")

LEASES = LeaseTable("seamline_job", "name", "text")
PRUNE_EVERY = 3600.0
"""Seconds from one pruning of a module's tables to the next."""

_NEXT_DUE = "SELECT name, extract(epoch FROM due_at - now())::float8 FROM seamline_job WHERE module = %s"
_REGISTER = """
    INSERT INTO seamline_job (module, name, attempts, due_at) VALUES (%s, %s, 0, now())
    ON CONFLICT (module, name) DO NOTHING
"""


class Task(NamedTuple):
    """A job of one module, with the function that does it."""

    module: str
    name: str
    every: float
    run: Callable[[], object]


def tasks(module: str) -> list[Task]:
    """List all periodic work of a module: what it declares, and what the runtime does for each."""
    manifest = active()[module]
    return [
        *(Task(module, job.name, job.every, getattr(manifest.room("jobs"), job.name)) for job in manifest.jobs),
        Task(module, "seamline.prune", PRUNE_EVERY, partial(pruning.prune, module)),
    ]


def seconds_until_due(module: str) -> list[tuple[Task, float]]:
    """Ask when each of a module's jobs is due; not more than 0 for one whose time has come."""
    known = dict(fetch(module, _NEXT_DUE, [module]))
    return [(task, known.get(task.name, 0.0)) for task in tasks(module)]


def run(task: Task) -> bool:
    """Run a job, unless another process took it for this period; whether it was run.

    The lease lasts for the period. A job that fails is logged, and due again in time.
    """
    if not _acquire(task):
        return False
    began, outcome = time.monotonic(), "ok"
    try:
        with working_for(task.module, origin=f"job {task.name}"):
            task.run()
    except Exception as error:
        outcome = "failed"
        log.error("job_failed", module=task.module, job=task.name, exc_info=error)
        close_old_connections()
    metrics.jobs.labels(task.module, task.name, outcome).observe(time.monotonic() - began)
    metrics.flush()
    return True


def run_named(module: str, name: str) -> None:
    """Run a job if it is due, or go on with the module's sagas."""
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
    def acquire() -> bool:
        return bool(LEASES.acquire(task.module, "name = %(name)s", {"name": task.name}, task.every))

    return acquire() or (bool(execute(task.module, _REGISTER, [task.module, task.name])) and acquire())
