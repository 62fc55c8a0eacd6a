"""Who owns a module is one row in its database: every process routes by it, and a setting that disagrees is refused."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections

from seamline import topology
from seamline.calls import authorization
from seamline.calls.service_tokens import Caller
from seamline.configuration.service_keys import Issuer
from seamline.contract import Unavailable
from seamline.databases import execute, ownership
from seamline.events import relay
from seamline.runtime.scheduler import JobThreads, Scheduler
from seamline.topology import Topology
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
MODULE = "depots"
AWAY = "http://depots:8000"
WRITE = """
    INSERT INTO seamline_ownership (module, epoch, owner, address, role, changed_at) VALUES (%s, %s, %s, %s, '', now())
    ON CONFLICT (module) DO UPDATE SET epoch = excluded.epoch, owner = excluded.owner, address = excluded.address
"""


@pytest.fixture(autouse=True)
def routes() -> Iterator[Topology]:
    before = topology.current()
    yield before
    topology.use(before)


def own(epoch: int, owner: str, address: str = AWAY) -> None:
    execute(MODULE, WRITE, [MODULE, epoch, owner, address])


def test_a_module_that_never_moved_is_placed_by_settings(routes: Topology) -> None:
    assert ownership.refresh(MODULE) is None
    assert topology.current() == routes


def test_a_module_that_moved_is_where_its_row_says_and_home_again_when_it_says_that() -> None:
    own(1, "depots-service")
    ownership.refresh(MODULE)
    now = topology.current()
    assert (now.url(MODULE), now.is_here(MODULE), now.left) == (AWAY, False, {MODULE})
    own(2, settings.SERVICE_NAME, "http://home")
    ownership.refresh(MODULE)
    now = topology.current()
    assert (now.url(MODULE), now.is_here(MODULE), now.left) == (None, True, frozenset())


def test_a_row_without_an_owner_leaves_it_to_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MODULE_URLS", {MODULE: "http://set"})
    own(1, "depots-service")
    ownership.refresh(MODULE)
    own(2, "")
    ownership.refresh(MODULE)
    assert (topology.current().url(MODULE), topology.current().left) == ("http://set", frozenset())


def test_what_was_read_before_and_comes_later_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    own(5, "depots-service")
    ownership.refresh(MODULE)
    own(4, settings.SERVICE_NAME)
    ownership.refresh(MODULE)
    assert topology.current().owners[MODULE].epoch == 5
    assert topology.current().url(MODULE) == AWAY


def test_a_database_of_an_older_version_has_no_such_row(routes: Topology) -> None:
    with connections[MODULE].cursor() as sql:
        sql.execute("SAVEPOINT older; ALTER TABLE seamline_ownership RENAME TO unknown")
    assert ownership._read("parcels") is None
    with connections[MODULE].cursor() as sql:
        sql.execute("ROLLBACK TO SAVEPOINT older")
    assert topology.current() == routes


@pytest.mark.parametrize(
    ("owner", "setting", "says"),
    [
        ("depots-service", "http://another:8000", f"{AWAY}: unset DEPOTS_URL, or bring it home: .* move depots --back"),
        (settings.SERVICE_NAME, AWAY, "which is here: unset DEPOTS_URL, or move it: .* move depots --to"),
    ],
)
def test_a_setting_that_disagrees_is_refused_at_the_start(
    owner: str, setting: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MODULE_URLS", {MODULE: setting})
    own(1, owner)
    for command in (["migrate_all", "--wait", "1"], ["migrate_all"]):
        with pytest.raises(CommandError, match=says):
            call_command(*command, verbosity=0)


@pytest.mark.parametrize("setting", [AWAY + "/", f"http://other:8000,{AWAY}", "discovery://depots-service"])
def test_a_setting_that_agrees_is_not(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MODULE_URLS", {MODULE: setting})
    own(1, "depots-service")
    said = StringIO()
    call_command("migrate_all", "--wait", "5", stdout=said)
    ownership.refuse_disagreeing([MODULE])
    assert topology.current().url(MODULE) == AWAY


class Dispatched:
    def dispatch(self, publisher: str, subscriber: str) -> None: ...


def test_a_look_finds_it_and_does_no_work_of_a_module_that_left(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def dispatch_due(module: str, dispatcher: object) -> bool:
        looked.append(module)
        return False

    monkeypatch.setattr(relay, "dispatch_due", dispatch_due)
    row: list[Any] = [topology.Owner(1, "depots-service", AWAY)]
    monkeypatch.setattr(ownership, "_read", lambda module: row[0])
    scheduler = Scheduler([MODULE], Dispatched(), JobThreads())
    scheduler.start()
    try:
        eventually(lambda: topology.current().left, lambda left: left == {MODULE})
        assert not looked
        row[0] = topology.Owner(2, settings.SERVICE_NAME, "http://home")
        scheduler.wake(MODULE)
        eventually(lambda: looked, bool)
        assert topology.current().is_here(MODULE)
    finally:
        scheduler.stop()


def test_a_peer_that_knows_more_has_the_row_read() -> None:
    own(3, "depots-service")
    ownership.catch_up(MODULE, "3")
    assert topology.current().url(MODULE) == AWAY
    own(4, settings.SERVICE_NAME)
    for said in ("3", "2", "", None, "x", "-1", "\u0664"):
        ownership.catch_up(MODULE, said)
    assert topology.current().url(MODULE) == AWAY
    ownership.catch_up(MODULE, "9" * 5000)
    assert topology.current().is_here(MODULE)


def test_what_comes_before_the_row_waits_for_it_while_a_move_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    home = topology.Owner(1, settings.SERVICE_NAME, "http://home", "depots-service")
    rows = [home, home, topology.Owner(2, "depots-service", AWAY, settings.SERVICE_NAME)]
    monkeypatch.setattr(ownership, "_read", lambda module: rows.pop(0) if rows[1:] else rows[0])
    ownership.catch_up(MODULE, "2")
    assert topology.current().url(MODULE) == AWAY and len(rows) == 1
    monkeypatch.setattr(ownership, "CATCH_UP_SECONDS", 0.0)
    with pytest.raises(Unavailable):
        ownership.catch_up(MODULE, "3")
    rows[0] = home._replace(epoch=3, other="")
    ownership.catch_up(MODULE, "9")
    assert topology.current().is_here(MODULE)


def test_the_two_ends_of_a_move_pass_on_what_came_for_the_module_and_nothing_else() -> None:
    passing_on = Caller(Issuer("depots-service", frozenset({MODULE})), "parcels", settings.SERVICE_NAME)
    with pytest.raises(authorization.Denied, match="is no gateway"):
        authorization.authorize(passing_on, "depots/v1/report")
    own(1, settings.SERVICE_NAME)
    execute(MODULE, "UPDATE seamline_ownership SET other_owner = 'depots-service'")
    ownership.refresh(MODULE)
    authorization.authorize(passing_on, "depots/v1/report")
    authorization.authorize(passing_on, "depots.events/v1/deliver")
    with pytest.raises(authorization.Denied, match="is no gateway"):
        authorization.authorize(passing_on, "parcels/v1/track")
    execute(MODULE, "UPDATE seamline_ownership SET other_owner = '', epoch = 2")
    ownership.refresh(MODULE)
    with pytest.raises(authorization.Denied, match="is no gateway"):
        authorization.authorize(passing_on, "depots/v1/report")
