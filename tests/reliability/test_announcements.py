"""A publisher that is not found is named with its address, once, and told as soon as it is there."""

import threading
from collections.abc import Iterator
from unittest.mock import Mock

import pytest

from seamline import topology
from seamline.contract import Unavailable
from seamline.events import subscriptions
from seamline.events.subscriptions import Announcement
from seamline.runtime import background

ADDRESS = "http://127.0.0.1:9"
ANNOUNCEMENT = Announcement("depots", "parcels", ("parcels.ParcelSent.v1",))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Mock:
    log = Mock()
    monkeypatch.setattr(subscriptions, "log", log)
    monkeypatch.setattr(subscriptions, "_unheard", {})
    return log


@pytest.fixture
def elsewhere() -> Iterator[None]:
    before = topology.current()
    topology.use(topology.Topology(frozenset({"depots"}), gateway=ADDRESS))
    yield
    topology.use(before)


def test_who_is_not_found_is_named_with_the_address_and_once(
    log: Mock, elsewhere: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Mock()
    monkeypatch.setattr(subscriptions, "call", lambda _: publisher)
    publisher.subscribe.side_effect = Unavailable("parcels")
    assert [subscriptions.announce(ANNOUNCEMENT) for _ in range(5)] == [False] * 5
    log.warning.assert_called_once_with("not_heard", publisher="parcels", error=Unavailable.code, address=ADDRESS)
    publisher.subscribe.side_effect = None
    assert [subscriptions.announce(ANNOUNCEMENT) for _ in range(2)] == [True, True]
    log.info.assert_called_once_with("heard", publisher="parcels", address=ADDRESS)


def test_who_is_not_found_is_looked_for_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping, pauses = Mock(spec=threading.Event), []
    answers = iter([False] * 7 + [True, False, False])

    def wait(pause: float) -> bool:
        pauses.append(pause)
        return len(pauses) == 10

    stopping.wait.side_effect = wait
    monkeypatch.setattr(background, "_stopping", stopping)
    monkeypatch.setattr(subscriptions, "announce_pending", lambda: next(answers))
    monkeypatch.setattr(subscriptions, "announce_again", Mock())
    background._announce()
    assert pauses == [1, 2, 4, 8, 15, 15, 15, 15, 1, 2]
