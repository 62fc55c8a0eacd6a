"""The outbox and its relay, on real databases: order, retries, parking, claims."""

from uuid import uuid4

import msgspec
import pytest
from prometheus_client import REGISTRY

from seamline.calls import server
from seamline.configuration.policies import delivery_policy
from seamline.databases import transaction
from seamline.events import outbox_leases, publish, relay
from seamline.events.delivery import deliver
from seamline.events.models import OutboxMessage, Subscription
from seamline.events.outbox import NoTransaction
from tests.listener import LISTENER, Listener, all_due, die, publish_all, sent, states, weighed

pytestmark = pytest.mark.django_db(databases=["parcels"])


def test_publishing_outside_a_transaction_is_refused(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connections

    monkeypatch.setattr(connections["parcels"], "in_atomic_block", False)
    with pytest.raises(NoTransaction, match="transaction"):
        publish(sent(uuid4()))


def test_what_is_rolled_back_is_never_told(listener: Listener) -> None:
    with pytest.raises(ZeroDivisionError), transaction("parcels"):
        publish(sent(uuid4()))
        _ = 1 / 0
    assert (relay.drain("parcels"), listener.got) == (0, [])


def test_an_event_that_nobody_hears_is_fine(listener: Listener) -> None:
    Subscription.objects.using("parcels").all().delete()
    publish_all(sent(uuid4()))
    assert states() == []


def test_each_subscriber_gets_an_event_once(listener: Listener) -> None:
    publish_all(sent(uuid4()))
    relay.drain("parcels")
    relay.drain("parcels")
    assert (len(listener.got), states()) == (1, ["done"])


def test_events_of_one_key_arrive_in_order(listener: Listener) -> None:
    parcel = uuid4()
    publish_all(sent(parcel), weighed(parcel))
    publish_all(*(weighed(parcel, grams) for grams in range(1, 6)))
    relay.drain("parcels")
    first, *others = (msgspec.json.decode(payload) for payload in listener.got)
    assert "depot" in first
    assert [other["weight"] for other in others] == [200, 1, 2, 3, 4, 5]


def test_a_failing_event_holds_up_its_own_key_and_no_other(listener: Listener) -> None:
    bad, good = uuid4(), uuid4()
    listener.failing = {str(bad)}
    publish_all(sent(bad), weighed(bad), sent(good))
    relay.drain("parcels")
    assert states() == ["pending", "pending", "done"]
    listener.failing = set()
    all_due()
    relay.drain("parcels")
    assert states() == ["done", "done", "done"]


def test_an_event_that_fails_too_often_is_dead_and_parks_its_key(listener: Listener) -> None:
    bad = uuid4()
    listener.failing = {str(bad)}
    publish_all(sent(bad), weighed(bad))
    die()
    assert states() == ["dead", "pending"]
    dead = OutboxMessage.objects.using("parcels").get(state="dead")
    assert dead.failures == delivery_policy().max_failures
    assert "incident" in dead.last_error


def test_a_subscriber_that_is_away_never_makes_an_event_dead(listener: Listener) -> None:
    listener.away = True
    publish_all(sent(uuid4()))
    for _ in range(delivery_policy().max_failures + 3):
        all_due()
        relay.drain("parcels")
    assert states() == ["pending"]
    listener.away, listener.failing = False, {"parcel_id"}
    all_due()
    relay.drain("parcels")
    assert states() == ["pending"]
    listener.failing = set()
    all_due()
    relay.drain("parcels")
    assert states() == ["done"]


def test_a_handler_that_does_not_end_makes_its_event_dead(listener: Listener) -> None:
    listener.hanging = True
    publish_all(sent(uuid4()))
    die()
    assert states() == ["dead"]


def test_events_that_fail_together_are_told_one_by_one(listener: Listener) -> None:
    bad, good = uuid4(), uuid4()
    listener.failing = {str(bad)}
    publish_all(sent(good), sent(bad), weighed(good))
    relay.drain("parcels")
    assert (states(), len(listener.got)) == (["done", "pending", "done"], 2)


def test_a_subscriber_that_is_away_is_asked_once_and_left_alone(listener: Listener) -> None:
    listener.away = True
    publish_all(*(sent(uuid4()) for _ in range(delivery_policy().batch_size + 1)))
    assert relay.drain("parcels") == delivery_policy().batch_size
    attempts = OutboxMessage.objects.using("parcels").order_by("id").values_list("attempts", "failures")
    assert list(attempts) == [*[(1, 0)] * delivery_policy().batch_size, (0, 0)]


def test_a_claim_of_a_process_that_died_lapses(listener: Listener) -> None:
    publish_all(sent(uuid4()))
    outbox_leases.lease_due("parcels", LISTENER)
    assert (relay.drain("parcels"), states()) == (0, ["delivering"])
    all_due()
    relay.drain("parcels")
    assert (len(listener.got), states()) == (1, ["done"])


def test_claims_that_lapse_count_as_failures_and_too_many_make_an_event_dead(listener: Listener) -> None:
    def failures() -> float:
        labels = {"module": "parcels", "subscriber": LISTENER}
        return REGISTRY.get_sample_value("events_failed_total", labels) or 0

    before = failures()
    publish_all(sent(uuid4()))
    OutboxMessage.objects.using("parcels").update(failures=delivery_policy().max_failures - 1)
    outbox_leases.lease_due("parcels", LISTENER)
    all_due()
    relay.drain("parcels")
    assert (listener.got, states(), failures() - before) == ([], ["dead"], 1)


def test_a_claim_that_lapsed_cannot_finish_what_another_took_over(listener: Listener) -> None:
    publish_all(sent(uuid4()))
    stale = outbox_leases.lease_due("parcels", LISTENER)
    all_due()
    outbox_leases.lease_due("parcels", LISTENER)
    deliver("parcels", LISTENER, stale)
    assert states() == ["delivering"]


def test_a_subscription_that_is_announced_again_replaces_the_old_one(listener: Listener) -> None:
    answer = server.find_operation("parcels.events/v1/subscribe")
    assert answer
    answer.implementation("somebody", ("parcels.ParcelSent.v1", "parcels.ParcelWeighed.v1"))
    answer.implementation("somebody", ("parcels.ParcelSent.v1",))
    wanted = Subscription.objects.using("parcels").filter(subscriber="somebody").values_list("event", flat=True)
    assert list(wanted) == ["parcels.ParcelSent.v1"]
