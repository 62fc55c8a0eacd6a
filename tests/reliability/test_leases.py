"""Leases: one holder at a time, and only the latest one's word counts; of each module by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from seamline.calls import call
from seamline.configuration.policies import Backoff, DeliveryPolicy, SagaPolicy
from seamline.contract import ContractError
from seamline.databases import transaction
from seamline.events import outbox_leases
from seamline.events.mailbox import Envelope, mailbox
from seamline.events.models import InboxMessage, OutboxMessage
from seamline.module import Job
from seamline.work import Failure, Outcome, Saga, SagaState, Step, jobs, sagas
from seamline.work.leases import Lease, LeaseTable, Renewer
from seamline.work.models import SagaRecord

pytestmark = pytest.mark.django_db(databases=["parcels"])
MODULE, OTHER = "parcels", "somebody_else"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def row(module: str = MODULE, **values: Any) -> SagaRecord:
    now = timezone.now()
    values = {"id": uuid4(), "name": "a", "deadline": now, "due_at": LONG_AGO, "started_at": now} | values
    return SagaRecord.objects.using(MODULE).create(module=module, **values)


def acquire(saga_id: UUID) -> Lease | None:
    leased = sagas.LEASES.acquire(MODULE, "id = %(id)s", {"id": saga_id}, 10.0)
    return Lease(*leased) if leased else None


def lapse() -> None:
    SagaRecord.objects.using(MODULE).update(due_at=LONG_AGO)


def settle(lease: Lease) -> bool:
    return sagas.LEASES.settle(MODULE, lease, "reason = %(reason)s", {"reason": "settled"})


def test_a_row_that_is_leased_is_nobody_elses_until_the_lease_lapses() -> None:
    saga_id = row().id
    first = acquire(saga_id)
    assert first
    assert acquire(saga_id) is None
    lapse()
    second = acquire(saga_id)
    assert second
    assert second.token == first.token + 1


def test_who_has_lost_a_lease_changes_nothing_any_more() -> None:
    saga_id = row().id
    first = acquire(saga_id)
    lapse()
    second = acquire(saga_id)
    assert first and second
    assert not settle(first)
    assert not sagas.LEASES.release(MODULE, first)
    assert sagas.LEASES.renew(MODULE, [first], 60.0) == 0
    assert settle(second)


def test_a_lease_that_has_lapsed_is_not_renewed() -> None:
    lease = acquire(row().id)
    assert lease
    assert sagas.LEASES.renew(MODULE, [lease], 60.0) == 1
    lapse()
    assert sagas.LEASES.renew(MODULE, [lease], 60.0) == 0


def test_what_was_woken_while_it_was_leased_stays_due_when_it_is_given_back() -> None:
    lease = acquire(row().id)
    assert lease
    lapse()
    assert not sagas.LEASES.release(MODULE, lease, timedelta(hours=1))
    assert acquire(lease.key)


def test_a_job_is_run_once_in_its_period() -> None:
    runs: list[str] = []
    task = jobs.Task(MODULE, "count", Job("count", every=60.0), lambda: runs.append("run"))
    assert [jobs.run(task), jobs.run(task)] == [True, False]
    assert runs == ["run"]


@pytest.mark.parametrize("attempts", [1, 3, 50])
def test_pauses_double_up_to_the_longest_and_are_never_all_the_same(attempts: int) -> None:
    pauses = {Backoff(1.0, 10.0).pause(attempts).total_seconds() for _ in range(20)}
    longest = min(10.0, 2.0 ** (attempts - 1))
    assert len(pauses) > 1
    assert longest / 2 <= min(pauses) <= max(pauses) <= longest


def test_a_lease_that_a_late_renewal_would_lose_is_refused() -> None:
    with pytest.raises(ValueError, match="lapse"):
        Renewer(LeaseTable("a", "id", "uuid"), lease_seconds=1.5, every=1.0)


# Several modules may share a database: each sees its own rows.


def test_two_modules_have_sagas_of_one_id() -> None:
    saga_id, seen = uuid4(), []
    row(OTHER, id=saga_id, state=SagaState.DONE)
    row(OTHER, due_at=LONG_AGO)
    saga = Saga(
        module=MODULE,
        name="test",
        load_state=lambda saga_id: saga_id,
        steps=(Step(lambda state: seen.append(state) or "did it", lambda state: None),),
        complete=lambda state, result: (state, result),
        on_compensated=lambda state, failure: None,
        deadline=timedelta(minutes=1),
    )
    with transaction(MODULE):
        saga.start(saga_id)
    assert saga.run_started(saga_id, saga_id) == Outcome(SagaState.DONE, result=(saga_id, "did it"))
    assert sagas.seconds_until_due(MODULE) is None
    assert sagas.resume(MODULE) == 0
    assert not saga.compensate(saga_id, Failure("late", "It is done"))


def test_a_module_does_not_deliver_what_another_has_published() -> None:
    OutboxMessage.objects.using(MODULE).create(
        module=OTHER,
        event_id=uuid4(),
        name="a.B.v1",
        key="k",
        subscriber="depots",
        due_at=LONG_AGO,
        published_at=LONG_AGO,
    )
    assert outbox_leases.backlog(MODULE) == ([], False)
    assert outbox_leases.lease_due(MODULE, "depots") == []


def test_what_another_module_has_handled_is_new_to_this_one() -> None:
    event_id = uuid4()
    InboxMessage.objects.using(MODULE).create(module=OTHER, event_id=event_id, name="a.B.v1", handled_at=LONG_AGO)
    envelope = Envelope(event_id, "parcels.ParcelSent.v1", "{}", "request-1", None)
    with pytest.raises(ContractError):  # it is handled, and that fails for want of a payload
        call(mailbox(MODULE)).deliver((envelope,))


# Policies


@pytest.mark.parametrize(
    ("unfit", "says"),
    [
        (
            {"lease_seconds": 14.0},
            "lease_seconds is 14.0: it has to be more than 14, handler_timeout and settle_margin",
        ),
        ({"handler_timeout": 16.0}, "lease_seconds is 20.0: it has to be more than 20, handler_timeout and"),
        ({"max_failures": 0}, "max_failures is 0: it has to be 1 or more"),
        ({"threads_per_subscriber": 33}, "threads_per_subscriber is 33: it has to be 32 at most, as max_threads is"),
        ({"first_backoff": 6.0}, "first_backoff is 6.0: it has to be 5 at most, as max_backoff and"),
    ],
)
def test_a_delivery_policy_that_does_not_hold_together_is_refused(unfit: dict[str, Any], says: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"^DeliveryPolicy\.{says}"):
        DeliveryPolicy(**unfit)


def test_a_saga_policy_that_does_not_hold_together_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^SagaPolicy\.first_backoff is 11\.0: it has to be 10 at most"):
        SagaPolicy(first_backoff=11.0)


def test_a_lease_of_a_saga_is_longer_than_its_longest_step() -> None:
    policy = SagaPolicy()
    assert policy.lease_seconds(30.0) > 30.0 + policy.settle_margin
