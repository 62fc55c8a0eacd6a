"""Deliveries and jobs by Celery workers instead of threads.

A message only says where something is to do; what it is, stands in the database, and is claimed there when the work
begins. So a message that is doubled, late or lost costs nothing but a second: who watches the database sends another.
"""

from celery import shared_task
from django.conf import settings
from django.db import close_old_connections

from kernel import jobs, topology
from kernel.events import claims, delivery
from kernel.module import active

ELSEWHERE = "elsewhere"
"""The queue of the subscribers that live in other deployables."""
DELIVERY_LIMIT = int(delivery.TURN + claims.LEASE)
"""Seconds after which a worker that is still delivering is ended, as its leases have lapsed."""
MESSAGE_LIFE = 60.0
"""Seconds that a message is worth reading."""


def queue_of(module: str) -> str:
    """The queue of what is to be done by or for a module."""
    return f"{settings.SERVICE_NAME}.{module if topology.current().is_here(module) else ELSEWHERE}"


def queues() -> list[str]:
    """Every queue of this deployable."""
    return [f"{settings.SERVICE_NAME}.{name}" for name in (*active(), ELSEWHERE)]


class Workers:
    """Has events delivered and jobs run by whoever reads the queue. Raises `kombu`'s errors while no broker answers."""

    def carry(self, publisher: str, subscriber: str) -> None:
        """Have what is due delivered."""
        deliver.apply_async((publisher, subscriber), queue=queue_of(subscriber), expires=MESSAGE_LIFE, retry=False)

    def run(self, task: jobs.Task) -> None:
        """Have a job run, if it is still due then."""
        run_job.apply_async((task.module, task.name), queue=queue_of(task.module), expires=MESSAGE_LIFE, retry=False)

    def ring(self, publisher: str) -> None:
        """Have all that waits in a module's outbox delivered."""
        for subscriber in claims.waiting(publisher):
            self.carry(publisher, subscriber)


@shared_task(name="seam.deliver", time_limit=DELIVERY_LIMIT)
def deliver(publisher: str, subscriber: str) -> None:
    """Deliver a module's events to a subscriber for a while."""
    try:
        delivery.drain(publisher, subscriber)
    finally:
        close_old_connections()


@shared_task(name="seam.run_job")
def run_job(module: str, name: str) -> None:
    """Run a periodic job, unless another process has."""
    try:
        for task in jobs.due(module):
            if task.name == name:
                jobs.run(task)
    finally:
        close_old_connections()
