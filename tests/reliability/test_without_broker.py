"""Where no broker is named nothing looks for one, and a consumer that has one holds on to it."""

import logging
from typing import Any
from unittest.mock import Mock

import pytest
from billiard.exceptions import WorkerLostError
from celery import shared_task
from celery.exceptions import WorkerShutdown
from celery.worker.consumer import Consumer
from django.test import override_settings
from kombu import Connection

from seamline.runtime import celery_app, celery_dispatcher
from seamline.runtime.celery_consumer import ReconnectingConsumer


def test_a_task_is_done_by_whoever_asks_and_the_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = Mock()
    monkeypatch.setattr(celery_dispatcher, "log", log)
    done: list[int] = []

    @shared_task(name="without_broker")
    def task(number: int) -> None:
        done.append(number)

    assert celery_app.app.conf.task_always_eager
    with caplog.at_level(logging.WARNING):
        task.delay(1)
        task.delay(2)
    assert done == [1, 2]
    log.warning.assert_called_once()
    assert "CELERY_BROKER_URL" in log.warning.call_args.kwargs["remedy"]
    assert caplog.records == [], "nothing is said of a broker on this machine"


@pytest.fixture
def consumer() -> ReconnectingConsumer:
    made = ReconnectingConsumer(Mock(), app=celery_app.app, pool=Mock(), controller=Mock())
    made.connection = Mock()
    return made


@pytest.mark.parametrize("error", [ConnectionError, AttributeError, KeyError, TypeError])
def test_any_error_of_a_transport_is_a_connection_lost(consumer: ReconnectingConsumer, error: type[Exception]) -> None:
    assert issubclass(error, consumer.connection_errors)


def test_a_connection_that_cannot_be_closed_is_let_go(
    consumer: ReconnectingConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> None:
        raise AttributeError("'NoneType' object has no attribute 'hostname'")

    monkeypatch.setattr(Consumer, "on_connection_error_after_connected", breaks)
    consumer.on_connection_error_after_connected(ConnectionError())
    assert consumer.connection is None


def test_a_worker_without_processes_ends_with_a_status(consumer: ReconnectingConsumer) -> None:
    with pytest.raises(WorkerShutdown) as ended:
        consumer.on_connection_error_after_connected(WorkerLostError("no processes"))
    assert ended.value.code == 1


@override_settings(CELERY_MAX_BACKOFF=3.0)
def test_the_pause_between_attempts_stays_short(
    consumer: ReconnectingConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept, pauses = [0.0], []
    attempts = iter([ConnectionError] * 20)

    def connect(self: Connection) -> Any:
        pauses.append(sum(slept))
        slept.clear()
        if error := next(attempts, None):
            raise error
        return Mock()

    monkeypatch.setattr("kombu.utils.functional.sleep", slept.append)
    monkeypatch.setattr(Connection, "_connection_factory", connect)
    consumer.ensure_connected(Connection("redis://127.0.0.1:1"))
    assert len(pauses) == 21
    assert pauses[:3] == [0, 0.5, 1]
    assert max(pauses) == 3
