"""What runs beside the requests in every worker: the scheduler, deliveries, jobs, the announcements."""

import threading
import time

from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string

from seamline.discovery import directory, registrar
from seamline.events import outbox, subscriptions
from seamline.events.delivery_pool import DeliveryPool
from seamline.observability import tracing
from seamline.runtime.celery_dispatcher import CeleryDispatcher
from seamline.runtime.scheduler import JobThreads, Scheduler
from seamline.runtime.wakeup_listener import WakeupListener
from seamline.work import wakeups

_stopping = threading.Event()
_running: "list[_Threads | _Workers]" = []
FIRST_BACKOFF_SECONDS = 1.0
"""Until who was not reached is told again; twice as long after each attempt, up to `REPEAT_SECONDS`."""
REPEAT_SECONDS = 15.0
"""Until all publishers are told again what they have heard: one may have got a new or an older database meanwhile."""
STOP_TIMEOUT = 3.0
"""Seconds that all of it together has to end."""


class _Threads:
    """Deliveries and jobs by threads of this process."""

    def __init__(self) -> None:
        self.deliveries = DeliveryPool(on_capacity=lambda module: self.scheduler.wake(module))
        self.jobs = JobThreads()
        self.scheduler = Scheduler(settings.ACTIVE_MODULES, self.deliveries, self.jobs)

    def dispatch(self, publisher: str, subscriber: str) -> None:
        """Have what was committed here delivered at once, and watched."""
        self.deliveries.dispatch(publisher, subscriber)
        self.scheduler.touch(publisher)

    def stop(self, deadline: float) -> None:
        self.scheduler.stop()
        self.deliveries.stop(deadline)
        self.jobs.stop(deadline)


class _Workers:
    """Deliveries and jobs by the workers that read the broker's queues."""

    def __init__(self) -> None:
        import_string(settings.DELIVERY_CELERY_APP)  # messages go by the application that was made last
        dispatcher = CeleryDispatcher()
        self.scheduler = Scheduler(settings.ACTIVE_MODULES, dispatcher, dispatcher)

    def dispatch(self, publisher: str, subscriber: str) -> None:
        """Have what was committed here looked at now: a request does not wait for the broker."""
        self.scheduler.wake(publisher)

    def stop(self, deadline: float) -> None:
        self.scheduler.stop()


def start() -> None:
    """Start delivering events, running jobs, and telling publishers what this deployable's modules listen to."""
    tracing.start()
    running = _Workers() if settings.DELIVERY_BROKER_URL else _Threads()
    _running.append(running)
    scheduler = running.scheduler
    outbox.on_commit(running.dispatch)
    wakeups.on_wake(scheduler.wake)
    scheduler.start()
    WakeupListener(scheduler).start()
    threading.Thread(target=_announce, name="announcer", daemon=True).start()
    directory.start()
    registrar.start()


def stop() -> None:
    """Let each finish what it has under way, for a few seconds at most."""
    _stopping.set()
    deadline = time.monotonic() + STOP_TIMEOUT
    registrar.leave()
    for running in _running:
        running.stop(deadline)
    tracing.stop(max(0.0, deadline - time.monotonic()))
    registrar.stop(max(0.0, deadline - time.monotonic()))


def _announce() -> None:
    pause = FIRST_BACKOFF_SECONDS
    heard = subscriptions.announce_pending()
    while not _stopping.wait(REPEAT_SECONDS if heard else pause):
        pause = FIRST_BACKOFF_SECONDS if heard else min(2 * pause, REPEAT_SECONDS)
        if heard:
            subscriptions.announce_again()
        heard = subscriptions.announce_pending()
        # They are not needed for a while, and one to each publisher would be many.
        connections.close_all()
