"""How a Celery worker holds on to its broker: it connects again whatever the transport raises, and never waits long."""

from functools import partial
from typing import Any

import structlog
from billiard.exceptions import WorkerLostError
from celery.exceptions import WorkerShutdown
from celery.worker.consumer import Consumer
from django.conf import settings
from kombu import Connection

log = structlog.get_logger("seamline.events")
FIRST_BACKOFF_SECONDS = 0.5


class ReconnectingConsumer(Consumer):
    """Takes any error of its connection for the loss of it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Transports raise more than they declare.
        self.connection_errors = (Exception,)

    def ensure_connected(self, conn: Connection) -> Connection:
        """Connect, with pauses between the attempts that grow to CELERY_MAX_BACKOFF."""
        first = min(FIRST_BACKOFF_SECONDS, settings.CELERY_MAX_BACKOFF)
        growing: Any = {"interval_start": first, "interval_step": first, "interval_max": settings.CELERY_MAX_BACKOFF}
        conn.ensure_connection = partial(conn.ensure_connection, **growing)  # type: ignore[method-assign]
        return super().ensure_connected(conn)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Connect again, unless it is no connection that was lost but the processes that do the work."""
        if isinstance(exc, WorkerLostError):
            raise WorkerShutdown(1) from exc
        try:
            super().on_connection_error_after_connected(exc)
        except Exception as error:
            # Closing may go wrong as well: kombu gives messages back to Redis by a connection that is gone.
            self.connection = None
            log.warning("broker_connection_unclosed", error=str(error), kind=type(error).__name__)
