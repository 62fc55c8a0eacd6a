"""Periodic jobs: declared in a module's manifest, run once per period over all processes."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import structlog
from django.db import close_old_connections, connections

from seamline import topology
from seamline.context import working_for
from seamline.databases import execute, fetch, transaction
from seamline.module import BadManifest, Module, active
from seamline.observability import metrics
from seamline.work import sagas

log = structlog.get_logger("seam.jobs")

TICK = 1.0
"""Seconds between looks at what is due."""

_CLAIM = """
    INSERT INTO seamline_job (name, due_at) VALUES (%(name)s, now() + %(every)s)
    ON CONFLICT (name) DO UPDATE SET due_at = now() + %(every)s WHERE seamline_job.due_at <= now()
"""
_NOT_YET = "SELECT name FROM seamline_job WHERE due_at > now()"
_PRUNE = (
    # A person should see what nobody listens to any more; a subscriber that comes back within a day misses nothing.
    """
    UPDATE seamline_outbox AS event SET state = 'dead', last_error = 'the subscriber listens to it no more'
    WHERE state = 'pending' AND published_at < now() - interval '1 day' AND NOT EXISTS (
        SELECT FROM seamline_subscription AS wanted
        WHERE wanted.subscriber = event.subscriber AND wanted.event = event.name)
    """,
    "DELETE FROM seamline_outbox WHERE state IN ('done', 'discarded') AND done_at < now() - interval '7 days'",
    "DELETE FROM seamline_inbox WHERE handled_at < now() - interval '30 days'",
    "DELETE FROM seamline_idempotent_command WHERE created_at < now() - interval '7 days'",
    "DELETE FROM seamline_idempotent_request WHERE created_at < now() - interval '2 days'",
    "DELETE FROM seamline_saga WHERE state IN ('done', 'compensated') AND started_at < now() - interval '30 days'",
)


class Task(NamedTuple):
    """A job of one module, with the function that does it."""

    module: str
    name: str
    every: float
    run: Callable[[], object]


def tasks(module: str) -> list[Task]:
    """All periodic work of a module: what it declares, and what the runtime does for each."""
    manifest = active()[module]
    return [
        *(Task(module, job.name, job.every, getattr(manifest.room("jobs"), job.name)) for job in manifest.jobs),
        Task(module, "seamline.resume_sagas", 2.0, partial(sagas.resume, module)),
        Task(module, "seamline.prune", 3600.0, partial(_prune, module)),
    ]


def due(module: str) -> list[Task]:
    """A module's jobs whose time has come; none where the module lives elsewhere."""
    if not topology.current().is_here(module):
        return []
    not_yet = {name for (name,) in fetch(module, _NOT_YET)}
    return [task for task in tasks(module) if task.name not in not_yet]


def run(task: Task) -> None:
    """Run a job, unless another process took it for this period. A job that fails is logged, and due again in time."""
    if execute(task.module, _CLAIM, {"name": task.name, "every": timedelta(seconds=task.every)}):
        try:
            with working_for(task.module, origin=f"job {task.name}"):
                task.run()
        except Exception as error:
            log.error("job_failed", module=task.module, job=task.name, exc_info=error)
            close_old_connections()
        metrics.flush()


def check_module(module: Module) -> None:
    """Raises `BadManifest` when a job of the module's manifest has no function."""
    for job in module.jobs:
        try:
            getattr(module.room("jobs"), job.name)
        except (ModuleNotFoundError, AttributeError) as cause:
            raise BadManifest(
                f"{module.path_of('jobs.py')}: the manifest declares the job {job.name!r}; define {job.name}() here"
            ) from cause


class Scheduler(threading.Thread):
    """Has a module's jobs run when they are due, until it is stopped. Any number of processes may run one each."""

    def __init__(self, module: str, runner: Callable[[Task], object] = run) -> None:
        super().__init__(name=f"scheduler-{module}", daemon=True)
        self.module = module
        self._runner = runner
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish the job under way and end."""
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.wait(TICK):
            close_old_connections()
            try:
                for task in due(self.module):
                    self._runner(task)
            except Exception as error:
                # The database or the broker may be away for a while.
                log.error("scheduler_failed", module=self.module, exc_info=error)
                close_old_connections()
        connections.close_all()


def _prune(module: str) -> None:
    with transaction(module):
        for statement in _PRUNE:
            execute(module, statement)
