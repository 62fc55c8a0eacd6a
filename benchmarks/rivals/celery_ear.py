"""The listener as a Celery task: a row inserted and committed on a connection that each worker process keeps."""

import os
import time
from functools import cache

import psycopg
from celery import Celery


@cache
def _ear() -> psycopg.Connection:
    return psycopg.connect(os.environ["EAR"], autocommit=True)


def hear(ring_id: str, rang_at: float) -> None:
    _ear().execute(
        "INSERT INTO heard (ring_id, rang_at, heard_at) VALUES (%s, %s, %s)", [ring_id, rang_at, time.monotonic()]
    )


def application(broker: str) -> Celery:
    """Celery, on this broker."""
    made = Celery("ear", broker=broker)
    made.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)
    made.task(name="hear")(hear)
    return made


if "BROKER" in os.environ:
    app = application(os.environ["BROKER"])
