"""What nobody needs any more goes, and what nobody listens to any more is shown to a person."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import Model
from django.utils import timezone

from seamline.calls.models import IdempotentCommand
from seamline.events.models import InboxMessage, OutboxMessage, OutboxState, Subscription
from seamline.http.models import IdempotentRequest
from seamline.work import SagaState, jobs
from seamline.work.models import SagaRecord

pytestmark = pytest.mark.django_db(databases=["parcels"])

NOW = timezone.now()


def prune() -> None:
    [job] = [task for task in jobs.tasks("parcels") if task.name == "seamline.prune"]
    job.run()


def event(age: timedelta, state: OutboxState, subscriber: str = "somebody") -> OutboxMessage:
    done = NOW - age if state in (OutboxState.DONE, OutboxState.DISCARDED) else None
    return OutboxMessage(
        module="parcels",
        event_id=uuid4(),
        name="a.B.v1",
        subscriber=subscriber,
        state=state,
        due_at=NOW,
        published_at=NOW - age,
        done_at=done,
    )


def handled(age: timedelta) -> InboxMessage:
    return InboxMessage(module="parcels", event_id=uuid4(), name="a.B.v1", handled_at=NOW - age)


def command(age: timedelta) -> IdempotentCommand:
    return IdempotentCommand(
        module="parcels", key=str(uuid4()), operation="a/v1/b", fingerprint=b"", answer=b"", created_at=NOW - age
    )


def request(age: timedelta) -> IdempotentRequest:
    at = NOW - age
    return IdempotentRequest(
        id=uuid4(), module="parcels", owner="a", key=str(uuid4()), fingerprint=b"", due_at=at, created_at=at
    )


def saga(age: timedelta, state: SagaState) -> SagaRecord:
    at = NOW - age
    return SagaRecord(module="parcels", id=uuid4(), name="a", state=state, deadline=at, due_at=at, started_at=at)


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
        row.save(using="parcels", force_insert=True)
    prune()
    assert list(type(kept)._default_manager.using("parcels").values_list("pk", flat=True)) == [kept.pk]


def test_events_for_a_subscriber_that_dropped_its_subscription_are_dead_after_a_day() -> None:
    Subscription.objects.using("parcels").create(module="parcels", event="a.B.v1", subscriber="listening")
    days = timedelta(days=2)
    for subscriber, age in (("gone", days), ("gone", timedelta(hours=23)), ("listening", days)):
        event(age, OutboxState.PENDING, subscriber).save(using="parcels")
    prune()
    rows = OutboxMessage.objects.using("parcels").order_by("id")
    assert list(rows.values_list("subscriber", "state")) == [
        ("gone", "dead"),
        ("gone", "pending"),
        ("listening", "pending"),
    ]
    assert rows[0].last_error == "the subscriber listens to it no more"
