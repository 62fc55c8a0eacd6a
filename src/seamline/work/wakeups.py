"""Waking whoever watches a module's tables, so that nobody waits for the next look at them.

In this process that costs nothing. From one that watches nothing itself, such as a command or a Celery worker, it goes
by NOTIFY in the deployable's own database: PostgreSQL's documentation, "NOTIFY". Nothing depends on it, because tables
are looked at now and then anyway.
"""

from collections.abc import Callable
from functools import partial

import structlog
from django.db import connections, transaction

from seamline.layout import DEPLOYABLE, alias_of

log = structlog.get_logger("seamline.wakeups")

CHANNEL = "seamline_wake"
"""Messages on it are names of modules."""
_listeners: list[Callable[[str], object]] = []


def on_wake(listener: Callable[[str], object]) -> None:
    """Call `listener` with a module whose tables have something to do, when this process comes to know it."""
    _listeners.append(listener)


def wake(module: str) -> None:
    """Look at a module's tables now, by this process, or else by those that do."""
    if _listeners:
        for listener in _listeners:
            listener(module)
    else:
        _notify(module)


def wake_on_commit(module: str) -> None:
    """Do so once the module's open transaction commits."""
    transaction.on_commit(partial(wake, module), using=alias_of(module))


def _notify(module: str) -> None:
    connection = connections[DEPLOYABLE]
    was_open = connection.connection is not None
    try:
        with connection.cursor() as sql:
            sql.execute("SELECT pg_notify(%s, %s)", [CHANNEL, module])
    except Exception as error:
        # It is found all the same, a little later.
        log.warning("not_notified", module=module, error=str(error).strip())
    finally:
        if not was_open:
            connection.close()
