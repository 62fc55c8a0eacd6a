"""The Celery application, for `manage.py worker` and for the tasks of modules that have any."""

from typing import Any

from celery import Celery, signals
from django.conf import settings
from kombu import Queue

from seamline.events import outbox
from seamline.observability import tracing
from seamline.runtime import celery_dispatcher

BROKER_TIMEOUT_SECONDS = 2.0
"""To wait for the broker."""
NO_BROKER = "memory://no-broker"
"""Keeps Celery from looking for a broker on this machine, where none is named."""

app = Celery("seamline", task_cls="seamline.runtime.celery_dispatcher:ModuleTask")
app.conf.update(
    broker_url=settings.DELIVERY_BROKER_URL or NO_BROKER,
    # Without a broker, who asks for something does it.
    task_always_eager=not settings.DELIVERY_BROKER_URL,
    task_ignore_result=True,
    # A message is gone when its work is done, and comes again when the worker is lost.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # Redis takes an unread message for lost after so many seconds: more than the longest job may take.
    broker_transport_options={
        "visibility_timeout": 7200,
        "socket_timeout": BROKER_TIMEOUT_SECONDS,
        "socket_connect_timeout": BROKER_TIMEOUT_SECONDS,
    },
    broker_connection_timeout=BROKER_TIMEOUT_SECONDS,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_consumer="seamline.runtime.celery_consumer:ReconnectingConsumer",
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_send_task_events=False,
    task_queues=[Queue(name, routing_key=name) for name in celery_dispatcher.queues()],
    task_default_exchange=settings.SERVICE_NAME,
    task_routes=(celery_dispatcher.route,),
    task_default_queue=f"{settings.SERVICE_NAME}.{celery_dispatcher.REMOTE_QUEUE}",
)
app.autodiscover_tasks()


@signals.worker_process_init.connect
def deliver_what_is_published_here(**_: Any) -> None:
    """Dispatch what a worker's handlers publish, which need not wait for the web process to look."""
    tracing.start()
    outbox.on_commit(celery_dispatcher.CeleryDispatcher().dispatch)
