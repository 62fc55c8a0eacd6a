"""What nobody needs any more goes, and what nobody listens to any more is shown to a person."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import Model
from django.utils import timezone

from kernel import jobs
from kernel.models import Command, Inbox, Outbox, OutboxState, Request, Saga, SagaState, Subscription

pytestmark = pytest.mark.django_db(databases=["orders"])

NOW = timezone.now()


def prune() -> None:
    [job] = [task for task in jobs.tasks("orders") if task.name == "kernel.prune"]
    job.run()


def event(age: timedelta, state: OutboxState, subscriber: str = "somebody") -> Outbox:
    done = NOW - age if state in (OutboxState.DONE, OutboxState.DISCARDED) else None
    return Outbox(
        event_id=uuid4(),
        name="a.B.v1",
        subscriber=subscriber,
        state=state,
        due_at=NOW,
        published_at=NOW - age,
        done_at=done,
    )


def handled(age: timedelta) -> Inbox:
    return Inbox(event_id=uuid4(), name="a.B.v1", handled_at=NOW - age)


def command(age: timedelta) -> Command:
    return Command(key=str(uuid4()), operation="a/v1/b", fingerprint=b"", answer=b"", created_at=NOW - age)


def request(age: timedelta) -> Request:
    at = NOW - age
    return Request(id=uuid4(), owner="a", key=str(uuid4()), fingerprint=b"", claimed_until=at, created_at=at)


def saga(age: timedelta, state: SagaState) -> Saga:
    at = NOW - age
    return Saga(id=uuid4(), name="a", state=state, deadline=at, claimed_until=at, started_at=at)


@pytest.mark.parametrize(
    ("stale", "kept"),
    [
        (event(timedelta(days=8), OutboxState.DONE), event(timedelta(days=6), OutboxState.DONE)),
        (event(timedelta(days=8), OutboxState.DISCARDED), event(timedelta(days=99), OutboxState.DEAD)),
        (handled(timedelta(days=31)), handled(timedelta(days=29))),
        (command(timedelta(days=8)), command(timedelta(days=6))),
        (request(timedelta(hours=49)), request(timedelta(hours=47))),
        (saga(timedelta(days=31), SagaState.DONE), saga(timedelta(days=31), SagaState.RUNNING)),
        (saga(timedelta(days=31), SagaState.COMPENSATED), saga(timedelta(days=29), SagaState.COMPENSATED)),
    ],
    ids=lambda row: f"{type(row).__name__} {getattr(row, 'state', '')}".strip(),
)
def test_what_is_stale_goes_and_the_rest_stays(stale: Model, kept: Model) -> None:
    for row in (stale, kept):
        row.save(using="orders", force_insert=True)
    prune()
    assert list(type(kept)._default_manager.using("orders").values_list("pk", flat=True)) == [kept.pk]


def test_events_for_a_subscriber_that_dropped_its_subscription_are_dead_after_a_day() -> None:
    Subscription.objects.using("orders").create(event="a.B.v1", subscriber="listening")
    days = timedelta(days=2)
    for subscriber, age in (("gone", days), ("gone", timedelta(hours=23)), ("listening", days)):
        event(age, OutboxState.PENDING, subscriber).save(using="orders")
    prune()
    rows = Outbox.objects.using("orders").order_by("id")
    assert list(rows.values_list("subscriber", "state")) == [
        ("gone", "dead"),
        ("gone", "pending"),
        ("listening", "pending"),
    ]
    assert rows[0].last_error == "the subscriber listens to it no more"
