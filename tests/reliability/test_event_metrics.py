"""What Prometheus and `/health` tell of events."""

import json
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import RequestFactory
from django.utils import timezone
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from seamline.events import relay
from seamline.events.models import OutboxMessage
from seamline.operations import event_administration, gauges, health
from seamline.operations.event_administration import Standing
from seamline.operations.gauges import WorkGauges
from tests.listener import LISTENER, Listener, all_due, die, publish_all, sent, weighed

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
PARCELS = {"module": "parcels", "subscriber": LISTENER}
SENT = {"event": "parcels.ParcelSent.v1"}


def samples() -> dict[tuple[str, str, str], float]:
    """The gauges of the outboxes as Prometheus reads them, by name, module and subscriber."""
    page = health.metrics(RequestFactory().get("/metrics")).content.decode()
    found = (sample for family in text_string_to_metric_families(page) for sample in family.samples)
    wanted = ("events_waiting", "events_dead", "events_oldest_seconds")
    return {(s.name, s.labels["module"], s.labels["subscriber"]): s.value for s in found if s.name in wanted}


def count(name: str, labels: dict[str, str]) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def backlog(listener: Listener) -> Iterator[None]:
    """One dead event, one blocked behind it, and two that wait, the oldest for about an hour."""
    bad = uuid4()
    listener.failing = {str(bad)}
    publish_all(sent(bad), weighed(bad))
    die()
    publish_all(sent(uuid4()), sent(uuid4()))
    rows = OutboxMessage.objects.using("parcels").order_by("id")
    rows.update(published_at=timezone.now() - timedelta(hours=3))
    rows.filter(id__in=[row.id for row in rows[2:]]).update(published_at=timezone.now() - timedelta(hours=1))
    yield


def test_the_gauges_tell_what_waits_and_what_is_dead(backlog: None) -> None:
    told = samples()
    assert told["events_waiting", "parcels", LISTENER] == 3
    assert told["events_dead", "parcels", LISTENER] == 1
    assert 3500 < told["events_oldest_seconds", "parcels", LISTENER] < 7200


def test_a_subscriber_that_has_everything_is_told_of_with_zeros(listener: Listener) -> None:
    told = samples()
    assert [told[name, "parcels", LISTENER] for name in ("events_waiting", "events_dead", "events_oldest_seconds")] == [
        0,
        0,
        0,
    ]


def test_a_database_that_is_away_is_left_out_and_asked_last_the_next_time(
    backlog: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, asked, away = event_administration.status, [], {"notes"}

    def ask(module: str) -> list[Standing]:
        asked.append(module)
        if module in away:
            raise OperationalError("connection refused")
        return status(module)

    monkeypatch.setattr(event_administration, "status", ask)
    here = event_administration.modules()
    collector = WorkGauges()
    assert asked == []
    waiting, *_ = collector.collect()
    told = {sample.labels["module"] for sample in waiting.samples}
    assert told == {module for module in here if module not in away and status(module)}
    assert "parcels" in told
    asked.clear()
    collector.collect()
    assert (sorted(asked), asked[-1]) == (sorted(here), "notes")
    away.clear()
    collector.collect()
    asked.clear()
    collector.collect()
    assert asked == here


def test_databases_that_hang_do_not_hold_up_a_scrape_for_long(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def hang(module: str) -> list[Standing]:
        asked.append(module)
        now.append(now[-1] + 5)
        raise OperationalError("timeout expired")

    now = [0.0]
    monkeypatch.setattr(event_administration, "status", hang)
    monkeypatch.setattr(gauges.time, "monotonic", lambda: now[-1])
    assert [family.samples for family in WorkGauges().collect()] == [[], [], [], [], []]
    assert len(asked) == 1


def test_deliveries_and_failures_are_counted(listener: Listener) -> None:
    delivered, failed = count("events_delivered_total", PARCELS), count("events_failed_total", PARCELS)
    bad = uuid4()
    listener.failing = {str(bad)}
    publish_all(sent(bad), sent(uuid4()), sent(uuid4()))
    relay.drain("parcels")
    assert count("events_delivered_total", PARCELS) == delivered + 2
    assert count("events_failed_total", PARCELS) == failed + 1


def test_latency_is_from_publication_to_the_first_delivery(listener: Listener) -> None:
    number, total = (count(f"event_latency_seconds_{what}", SENT) for what in ("count", "sum"))
    publish_all(sent(uuid4()))
    OutboxMessage.objects.using("parcels").update(published_at=timezone.now() - timedelta(hours=1))
    relay.drain("parcels")
    assert count("event_latency_seconds_count", SENT) == number + 1
    assert 3500 < count("event_latency_seconds_sum", SENT) - total < 7200
    OutboxMessage.objects.using("parcels").update(done_at=timezone.now() - timedelta(seconds=20))
    event_administration.replay("parcels", LISTENER)
    all_due()
    relay.drain("parcels")
    assert len(listener.got) == 2
    assert count("event_latency_seconds_count", SENT) == number + 1


def test_health_tells_of_each_outbox(backlog: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def module_health() -> dict[str, dict[str, dict[str, float]]]:
        answer = health.health(RequestFactory().get("/health"))
        found: dict[str, dict[str, dict[str, float]]] = json.loads(answer.content)["modules"]
        return found

    outbox = module_health()["parcels"]["outbox"]
    assert (outbox["waiting"], outbox["dead"]) == (3, 1)
    assert 3500 < outbox["oldest_seconds"] < 7200
    assert module_health()["depots"]["outbox"] == {"waiting": 0, "dead": 0, "oldest_seconds": None}

    def away(module: str) -> list[Standing]:
        raise OperationalError("connection refused")

    monkeypatch.setattr(event_administration, "status", away)
    assert module_health()["parcels"]["outbox"] is None
