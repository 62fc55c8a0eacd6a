"""Deliveries and jobs by Celery workers instead of threads.

A message only says where something is to do; what it is, stands in the database, and is claimed there when the work
begins. So a message that is doubled, late or lost costs nothing but a second: who watches the database sends another.
"""

from functools import cache
from typing import Any

import structlog
from celery import Task, shared_task
from django.conf import settings
from django.db import Error, close_old_connections

from seamline import topology
from seamline.configuration.policies import delivery_policy
from seamline.context import working_for
from seamline.databases import ownership
from seamline.events import delivery
from seamline.module import active, owner
from seamline.observability import metrics
from seamline.work import jobs

log = structlog.get_logger("seamline.events")

REMOTE_QUEUE = "elsewhere"
"""The queue of the subscribers that live in other deployables."""
DELIVERY_LIMIT = int(delivery_policy().time_slice + delivery_policy().lease_seconds)
"""Seconds after which a worker that is still delivering is ended, as its leases have lapsed."""
MESSAGE_TTL = 60.0
"""Seconds that a message is worth reading."""


def queue_of(module: str) -> str:
    """The queue of what is to be done by or for a module."""
    return f"{settings.SERVICE_NAME}.{module if topology.current().is_here(module) else REMOTE_QUEUE}"


def queues() -> list[str]:
    """Every queue of this deployable."""
    return [f"{settings.SERVICE_NAME}.{name}" for name in (*active(), REMOTE_QUEUE)]


def route(name: str, *_: Any, **__: Any) -> dict[str, str] | None:
    """The queue of a task that a module has in its `tasks.py`, for Celery; None for any other."""
    module = owner(name)
    return {"queue": queue_of(module)} if module else None


class ModuleTask(Task):  # type: ignore[type-arg]  # only generic to the type checker
    """A task, done as the work of the module that it belongs to."""

    def apply_async(self, *args: Any, **options: Any) -> Any:
        """Ask for it to be done; where there is no broker it is done at once, and the first time that is told."""
        if not settings.DELIVERY_BROKER_URL:
            _tell_no_broker(self.name or "")
        return super().apply_async(*args, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        module = owner(self.name or "")
        if module is None:
            return super().__call__(*args, **kwargs)
        try:
            with working_for(module, origin=f"task {self.name}"):
                return super().__call__(*args, **kwargs)
        except Error as error:
            if not settings.DELIVERY_BROKER_URL or not ownership.moved_to(module, error):
                raise
            # The new owner's workers read their own queue, of the same broker.
            queue = f"{topology.current().owners[module].name}.{module}"
            log.info("task_moved", task=self.name, queue=queue)
            return self.apply_async(args, kwargs, queue=queue)
        finally:
            metrics.flush()


@cache
def _tell_no_broker(task: str) -> None:
    log.warning("no_broker", task=task, done="here and now", remedy="set CELERY_BROKER_URL to have workers do it")


class CeleryDispatcher:
    """Has events delivered and jobs run by whoever reads the queue.

    While no broker answers nothing is lost: whoever watches the database asks again a second later.
    """

    def __init__(self) -> None:
        self._is_away = False

    def dispatch(self, publisher: str, subscriber: str) -> None:
        """Send a message to a worker, which delivers what is due."""
        self._send(deliver, publisher, subscriber, queue=queue_of(subscriber))

    def run(self, module: str, name: str) -> None:
        """Send a message to a worker, which runs a job, if it is still due then, or goes on with the module's sagas."""
        self._send(run_job, module, name, queue=queue_of(module))

    def _send(self, task: "Task[..., None]", *arguments: str, queue: str) -> None:
        try:
            task.apply_async(arguments, queue=queue, expires=MESSAGE_TTL, retry=False)
        except Exception as error:
            # Transports raise more than they declare.
            if not self._is_away:
                log.error("broker_unreachable", error=str(error), kind=type(error).__name__)
            self._is_away = True
        else:
            if self._is_away:
                log.warning("broker_back")
            self._is_away = False


@shared_task(name="seam.deliver", time_limit=DELIVERY_LIMIT)
def deliver(publisher: str, subscriber: str) -> None:
    """Deliver a module's events to a subscriber for a while."""
    try:
        delivery.drain(publisher, subscriber)
    except Error as error:
        if not ownership.moved_to(publisher, error):
            raise
        log.info("delivery_moved", publisher=publisher, subscriber=subscriber)
    finally:
        close_old_connections()


@shared_task(name="seam.run_job")
def run_job(module: str, name: str) -> None:
    """Run a periodic job, unless another process has."""
    try:
        jobs.run_named(module, name)
    finally:
        close_old_connections()
