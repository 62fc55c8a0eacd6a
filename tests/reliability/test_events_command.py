"""`manage.py events`: what operators see of an outbox, and do about it."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from seamline import topology
from seamline.configuration.policies import delivery_policy
from seamline.events import relay
from seamline.events.models import OutboxMessage, Subscription
from seamline.operations import event_administration
from seamline.topology import Topology
from tests import commands
from tests.listener import LISTENER, Listener, all_due, die, publish_all, sent, states, weighed
from tests.processes import REPOSITORY, environment

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))


events = partial(commands.run, "events")


def outbox() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.using("parcels").order_by("id"))


@pytest.fixture
def bad(listener: Listener) -> UUID:
    """An parcel whose first event is dead, with two blocked behind it; another parcel's events were delivered."""
    parcel, good = uuid4(), uuid4()
    listener.failing = {str(parcel)}
    publish_all(sent(parcel), sent(good), weighed(parcel), weighed(good), weighed(parcel))
    die()
    assert states() == ["dead", "done", "pending", "done", "pending"]
    listener.failing = set()
    return parcel


def test_status_tells_how_each_subscriber_stands(bad: UUID) -> None:
    publish_all(sent(uuid4()), sent(uuid4()))
    OutboxMessage.objects.using("parcels").filter(state="pending").update(
        published_at=timezone.now() - timedelta(hours=2)
    )
    under_way = OutboxMessage.objects.using("parcels").filter(state="pending").latest("id")
    OutboxMessage.objects.using("parcels").filter(id=under_way.id).update(state="delivering")
    Subscription.objects.using("parcels").update(backoff_until=timezone.now() + timedelta(hours=1))
    told = events("status", "--module", "parcels", "--json")
    [standing] = json.loads(told.out)
    backoff_until, oldest = standing.pop("backoff_until"), standing.pop("oldest_seconds")
    assert standing == {
        "module": "parcels",
        "subscriber": LISTENER,
        "waiting": 1,
        "delivering": 1,
        "dead": 1,
        "blocked": 2,
    }
    assert datetime.fromisoformat(backoff_until) > timezone.now()
    assert 7100 < oldest < 10_000
    assert "listener" in events("status").out


def test_the_age_of_what_is_parked_does_not_hide_that_the_others_are_on_time(bad: UUID) -> None:
    OutboxMessage.objects.using("parcels").update(published_at=timezone.now() - timedelta(hours=2))
    assert event_administration.status("parcels")[0].oldest_seconds is None


def test_status_is_for_monitors(listener: Listener) -> None:
    assert events("status").status == 0
    listener.failing = {"parcel_id"}
    publish_all(sent(uuid4()))
    die()
    assert events("status").status == 1
    assert events("status", "--module", "depots").status == 0


def test_status_tells_of_a_database_that_is_away(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    status = event_administration.status

    def away(module: str) -> list[event_administration.Standing]:
        if module == "depots":
            raise OperationalError("connection refused")
        return status(module)

    monkeypatch.setattr(event_administration, "status", away)
    told = events("status")
    assert (told.status, told.err) == (1, "depots: its database does not answer: connection refused\n")
    assert LISTENER in told.out


@pytest.mark.parametrize("command", [("events", "status"), ("events", "dead"), ("audit",)], ids=" ".join)
def test_before_the_first_migration_it_says_so(database_server: None, command: tuple[str, ...]) -> None:
    """There are no databases and no roles yet, which PostgreSQL calls a wrong password."""
    told = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=REPOSITORY,
        env=environment() | {"DATABASE_URL": settings.DATABASE_SERVER.url, "DATABASE_PREFIX": f"new_{uuid4().hex[:8]}"},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1, told.stderr
    assert "run manage.py migrate_all" in told.stdout + told.stderr
    assert "does not answer" not in told.stdout + told.stderr
    assert "Traceback" not in told.stderr


def test_dead_lists_what_is_dead_with_its_error_and_what_it_holds_up(bad: UUID) -> None:
    [event] = json.loads(events("dead", "--json").out)
    assert (event["key"], event["name"], event["blocked"]) == (str(bad), "parcels.ParcelSent.v1", 2)
    assert (event["failures"], event["module"]) == (delivery_policy().max_failures, "parcels")
    assert "incident" in event["last_error"]
    told = events("dead")
    assert told.status == 0
    assert f"{bad}, 2 blocked behind it" in told.out
    assert events("dead", "--subscriber", "depots") == (1, "", "nothing matches\n")


@pytest.mark.parametrize("which", ["--module", "--subscriber", "--event"])
def test_retry_delivers_the_dead_and_what_is_parked_behind_in_order(bad: UUID, listener: Listener, which: str) -> None:
    value = {"--module": "parcels", "--subscriber": LISTENER, "--event": str(outbox()[0].event_id)}[which]
    before = len(listener.got)
    assert events("retry", which, value).status == 0
    assert states() == ["pending", "done", "pending", "done", "pending"]
    relay.drain("parcels")
    assert states() == ["done"] * 5
    assert [str(bad) in payload for payload in listener.got[before:]] == [True] * 3
    first, *_ = listener.got[before:]
    assert first == outbox()[0].payload


def test_what_is_tried_again_may_fail_as_often_as_a_new_one(bad: UUID, listener: Listener) -> None:
    listener.failing = {str(bad)}
    events("retry", "--module", "parcels")
    relay.drain("parcels")
    assert (states()[0], outbox()[0].failures) == ("pending", 1)


def test_retry_wants_to_know_which(bad: UUID) -> None:
    assert events("retry").status == 2
    assert states()[0] == "dead"
    assert events("retry", "--subscriber", "depots").status == 1
    assert states()[0] == "dead"


def test_an_event_that_is_not_dead_is_not_tried_again_and_the_answer_says_so(bad: UUID) -> None:
    done = outbox()[1].event_id
    assert events("retry", "--event", str(done)) == (1, "", f"event {done} is done for listener\n")
    nobody = uuid4()
    assert events("retry", "--event", str(nobody)) == (1, "", f"no module here has an event {nobody}\n")


def test_discard_gives_an_event_up_and_lets_the_parked_go_on(bad: UUID, listener: Listener) -> None:
    dead, before = outbox()[0], len(listener.got)
    told = events("discard", "--event", str(dead.event_id), "--yes")
    assert (told.status, "2 blocked" in told.out) == (0, True)
    relay.drain("parcels")
    assert states() == ["discarded", "done", "done", "done", "done"]
    assert dead.payload not in listener.got
    assert len(listener.got) == before + 2
    kept = outbox()[0]
    assert (kept.last_error, kept.done_at is not None) == (dead.last_error, True)


def test_discard_asks(bad: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    event = str(outbox()[0].event_id)
    assert events("discard", "--event", event).status == 2
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    for answer, status, state in (("", 1, "dead"), ("no", 1, "dead"), ("y", 0, "discarded")):
        monkeypatch.setattr("builtins.input", lambda question, answer=answer: answer)
        assert (events("discard", "--event", event).status, states()[0]) == (status, state)


def test_discard_gives_up_one_event_for_one_subscriber(bad: UUID) -> None:
    dead = outbox()[0]
    twin = OutboxMessage.objects.using("parcels").get(id=dead.id)
    twin.pk, twin.subscriber = None, "another"
    twin.save(using="parcels", force_insert=True)
    told = events("discard", "--event", str(dead.event_id), "--yes")
    assert (told.status, "say for whom" in told.err) == (2, True)
    events("discard", "--event", str(dead.event_id), "--subscriber", "another", "--yes")
    assert [row.state for row in outbox() if row.event_id == dead.event_id] == ["dead", "discarded"]


def test_replay_sends_all_that_was_delivered_again_in_order_and_together(listener: Listener) -> None:
    parcels = [uuid4(), uuid4()]
    publish_all(*(sent(parcel) for parcel in parcels), *(weighed(parcel) for parcel in parcels))
    relay.drain("parcels")
    first, listener.got, listener.batches = listener.got, [], []
    told = events("replay", "--subscriber", LISTENER, "--yes")
    assert (told.status, "4 events of parcels" in told.out) == (0, True)
    relay.drain("parcels")
    assert (listener.got, listener.batches) == (first, [4])


def test_replay_goes_back_to_a_time(listener: Listener) -> None:
    publish_all(sent(uuid4()), sent(uuid4()))
    relay.drain("parcels")
    old, new = outbox()
    long_ago = datetime(2026, 11, 19, 12, tzinfo=UTC)
    OutboxMessage.objects.using("parcels").filter(id=old.id).update(done_at=long_ago)
    listener.got.clear()
    assert events("replay", "--subscriber", LISTENER, "--since", "2026-11-19T12:00:01Z", "--yes").status == 0
    relay.drain("parcels")
    assert listener.got == [new.payload]
    events("replay", "--subscriber", LISTENER, "--since", "2026-11-19T12:00Z", "--yes")
    relay.drain("parcels")
    assert listener.got == [new.payload, old.payload, new.payload]


def test_what_is_replayed_overtakes_nothing_that_is_parked(bad: UUID, listener: Listener) -> None:
    listener.failing = {str(bad)}
    events("replay", "--subscriber", LISTENER, "--yes")
    all_due()
    relay.drain("parcels")
    assert states() == ["dead", "done", "pending", "done", "pending"]


def test_replay_leaves_alone_what_was_discarded_and_what_nobody_listens_to_any_more(bad: UUID) -> None:
    events("discard", "--event", str(outbox()[0].event_id), "--yes")
    Subscription.objects.using("parcels").filter(event="parcels.ParcelWeighed.v1").delete()
    relay.drain("parcels")
    assert event_administration.replay("parcels", LISTENER) == 1
    assert states() == ["discarded", "pending", "done", "done", "done"]


def test_an_event_that_is_replayed_is_kept_no_longer_than_others(listener: Listener) -> None:
    # An inbox remembers for 30 days, an outbox for 7: it must not come to be the other way round.
    publish_all(sent(uuid4()))
    relay.drain("parcels")
    delivered = timezone.now() - timedelta(days=6)
    OutboxMessage.objects.using("parcels").update(done_at=delivered)
    events("replay", "--subscriber", LISTENER, "--yes")
    relay.drain("parcels")
    assert (len(listener.got), outbox()[0].done_at) == (2, delivered)


def test_replay_asks_and_says_what_it_would_do_first(listener: Listener) -> None:
    publish_all(sent(uuid4()))
    relay.drain("parcels")
    told = events("replay", "--subscriber", LISTENER)
    assert (told.status, told.out.startswith("1 event of parcels, delivered to listener from 20")) == (2, True)
    assert states() == ["done"]
    assert events("replay", "--subscriber", "nobody", "--yes") == (1, "", "nothing matches\n")


def test_a_module_that_is_not_here_is_named(listener: Listener) -> None:
    told = events("status", "--module", "parcles")
    assert (told.status, told.err.split(";")[0]) == (2, "no module 'parcles' lives here")
    assert "parcels" in told.err
    routes = topology.current()
    topology.use(Topology(routes.here, {"depots": "http://depots:8000"}))
    try:
        assert events("status", "--module", "depots").err.endswith("it lives at http://depots:8000")
        assert "depots" not in events("status").out
    finally:
        topology.use(routes)


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["discard", "--event", "42"], 2, "'42' is no event's id"),
        (["replay", "--subscriber", "depots", "--since", "tuesday"], 2, "'tuesday' is no time"),
        (["replay"], 2, "--subscriber"),
        ([], 2, "ACTION"),
        (["replay", "--help"], 0, "Example: manage.py events replay --subscriber NAME --since"),
    ],
)
def test_the_command_line_is_checked_and_explained(arguments: list[str], status: int, says: str) -> None:
    told = subprocess.run(
        [sys.executable, "manage.py", "events", *arguments],
        cwd=REPOSITORY,
        env=environment(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", COLUMNS="200"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert told.returncode == status, told.stderr
    assert says in " ".join((told.stdout + told.stderr).split())
    assert "Traceback" not in told.stderr
