"""What runs beside the requests in every worker: relays and deliveries, the periodic jobs, the announcements."""

import threading
import time

from django.conf import settings
from django.utils.module_loading import import_string

from seamline.events import outbox, subscriptions
from seamline.events.delivery_pool import DeliveryPool
from seamline.events.relay import Relay
from seamline.runtime.celery_dispatcher import CeleryDispatcher
from seamline.work import jobs
from seamline.work.jobs import Scheduler

_relays: dict[str, Relay] = {}
_schedulers: list[Scheduler] = []
_lanes = DeliveryPool(on_capacity=lambda module: _relays[module].wake())
_stopping = threading.Event()
FIRST_BACKOFF_SECONDS = 1.0
"""Until who was not reached is told again; twice as long after each attempt, up to `REPEAT_SECONDS`."""
REPEAT_SECONDS = 15.0
"""Until all publishers are told again what they have heard: one may have got a new or an older database meanwhile."""
PATIENCE = 3.0
"""Seconds that all of them together have to end."""


def start() -> None:
    """Start delivering events, running jobs, and telling publishers what this deployable's modules listen to.

    Threads of this process do the work, or, where there is a broker, the workers that read its queues.
    """
    workers = _workers() if settings.CELERY_BROKER_URL else None
    for module in settings.ACTIVE_MODULES:
        _relays[module] = Relay(module, workers or _lanes)
        _schedulers.append(Scheduler(module, workers.run if workers else jobs.run))
    for thread in (*_relays.values(), *_schedulers):
        thread.start()
    # A request does not wait for the broker: the relay tells it.
    outbox.on_commit((lambda publisher, _: _relays[publisher].wake()) if workers else _lanes.dispatch)
    threading.Thread(target=_announce, name="announcer", daemon=True).start()


def stop() -> None:
    """Let each finish what it has under way, for a few seconds at most."""
    _stopping.set()
    threads: list[Relay | Scheduler] = [*_relays.values(), *_schedulers]
    for thread in threads:
        thread.stop()
    deadline = time.monotonic() + PATIENCE
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    _lanes.stop(deadline)


def _workers() -> CeleryDispatcher:
    import_string(settings.CELERY_APP)  # messages go by the application that was made last
    return CeleryDispatcher()


def _announce() -> None:
    pause = FIRST_BACKOFF_SECONDS
    heard = subscriptions.announce_pending()
    while not _stopping.wait(REPEAT_SECONDS if heard else pause):
        pause = FIRST_BACKOFF_SECONDS if heard else min(2 * pause, REPEAT_SECONDS)
        if heard:
            subscriptions.announce_again()
        heard = subscriptions.announce_pending()
