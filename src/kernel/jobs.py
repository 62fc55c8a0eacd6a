"""Periodic jobs: declared in a module's manifest, run once per period over all processes."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import structlog
from django.db import close_old_connections, connections

from kernel import sagas, topology
from kernel.context import working_for
from kernel.databases import cursor, transaction
from kernel.module import BadManifest, Module, active

log = structlog.get_logger("seam.jobs")

TICK = 1.0
"""Seconds between looks at what is due."""

_CLAIM = """
    INSERT INTO kernel_job (name, due_at) VALUES (%(name)s, now() + %(every)s)
    ON CONFLICT (name) DO UPDATE SET due_at = now() + %(every)s WHERE kernel_job.due_at <= now()
"""
_PRUNE = (
    "DELETE FROM kernel_outbox WHERE state = 'done' AND done_at < now() - interval '7 days'",
    "DELETE FROM kernel_inbox WHERE handled_at < now() - interval '30 days'",
    "DELETE FROM kernel_command WHERE created_at < now() - interval '7 days'",
    "DELETE FROM kernel_request WHERE created_at < now() - interval '2 days'",
    "DELETE FROM kernel_saga WHERE state IN ('done', 'compensated') AND started_at < now() - interval '30 days'",
)


class Task(NamedTuple):
    """A job of one module, with the function that does it."""

    module: str
    name: str
    every: float
    run: Callable[[], object]


def tasks() -> list[Task]:
    """All periodic work of the modules that live here: what they declare, and what the kernel does for each."""
    found = []
    for module in active().values():
        if topology.current().is_here(module.name):
            found += [
                Task(module.name, job.name, job.every, getattr(module.room("jobs"), job.name)) for job in module.jobs
            ]
            found.append(Task(module.name, "kernel.resume_sagas", 2.0, _resumption(module.name)))
            found.append(Task(module.name, "kernel.prune", 3600.0, _pruning(module.name)))
    return found


def check_module(module: Module) -> None:
    """Raises `BadManifest` when a job of the module's manifest has no function."""
    for job in module.jobs:
        try:
            getattr(module.room("jobs"), job.name)
        except (ModuleNotFoundError, AttributeError) as cause:
            raise BadManifest(
                f"src/modules/{module.name}/jobs.py: the manifest declares the job {job.name!r}; "
                f"define {job.name}() here"
            ) from cause


def run_due() -> None:
    """Run each job that is due and that no other process took."""
    for task in tasks():
        try:
            if _claimed(task):
                with working_for(task.module):
                    task.run()
        except Exception as error:
            log.error("job_failed", module=task.module, job=task.name, exc_info=error)
            close_old_connections()


class Scheduler(threading.Thread):
    """Runs the jobs that are due, until it is stopped."""

    def __init__(self) -> None:
        super().__init__(name="scheduler", daemon=True)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish the job under way and end."""
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.wait(TICK):
            run_due()
        connections.close_all()


def _claimed(task: Task) -> bool:
    with cursor(task.module) as sql:
        sql.execute(_CLAIM, {"name": task.name, "every": timedelta(seconds=task.every)})
        return bool(sql.rowcount)


def _resumption(module: str) -> Callable[[], object]:
    return lambda: sagas.resume(module)


def _pruning(module: str) -> Callable[[], object]:
    def prune() -> None:
        with transaction(module), cursor(module) as sql:
            for statement in _PRUNE:
                sql.execute(statement)

    return prune
