"""Whose turn it is where threads are short, and who is told that waiting is in vain."""

from collections.abc import Iterator
from concurrent.futures import Future
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from seamline.runtime.serving.admission import STUCK_SECONDS
from seamline.runtime.serving.lanes import SharedLane
from tests.waiting import eventually


class Office:
    """A lane of four threads, of which nobody gets more than two, and a clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.begun: list[str] = []
        self.rejected: list[str] = []
        self.came: list[Any] = []
        self.left: list[Any] = []
        self.lane = SharedLane("test", 4, self.serve, self.finish, lambda holder: 2, self.reject)

    def come(self, *names: str) -> list[Any]:
        """Requests of the holders that their names begin with."""
        for name in names:
            self.now += 0.001
            self.came.append(SimpleNamespace(name=name, holder=name[0], since=self.now, over=Event()))
            self.lane.enter(self.came[-1])
        return self.came[-len(names) :]

    def end(self, one: Any) -> None:
        one.over.set()
        eventually(lambda: one in self.left, bool)
        self.lane.leave(one)

    def serve(self, one: Any) -> None:
        self.begun.append(one.name)
        one.over.wait(60)

    def finish(self, one: Any, done: "Future[object]") -> None:
        self.left.append(one)

    def reject(self, one: Any) -> None:
        self.rejected.append(one.name)

    def have_begun(self, *names: str) -> bool:
        return bool(eventually(lambda: set(self.begun), lambda begun: begun == {*names}))


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    made = Office()
    monkeypatch.setattr("seamline.runtime.serving.admission.time", SimpleNamespace(monotonic=lambda: made.now))
    yield made
    for one in made.came:
        one.over.set()
    made.lane.shutdown()


def test_nobody_has_more_than_a_share(office: Office) -> None:
    office.come("a1", "a2", "a3", "b1")
    assert office.have_begun("a1", "a2", "b1")


def test_a_thread_goes_to_who_came_first_of_those_that_may(office: Office) -> None:
    a1, _, b1, *_ = office.come("a1", "a2", "b1", "b2", "c1", "a3", "c2")
    assert office.have_begun("a1", "a2", "b1", "b2")
    office.end(a1)
    assert office.have_begun("a1", "a2", "b1", "b2", "c1")
    office.end(b1)
    assert office.have_begun("a1", "a2", "b1", "b2", "c1", "a3")


def test_who_waits_for_one_that_is_stuck_is_rejected_and_nobody_else(office: Office) -> None:
    a1, *_ = office.come("a1", "a2", "a3", "b1", "b2", "b3")
    office.now += STUCK_SECONDS - 1
    office.lane.advance()
    assert not office.rejected
    office.come("b4")
    office.end(a1)
    assert office.have_begun("a1", "a2", "a3", "b1", "b2")
    office.now += 2
    office.lane.advance()
    assert office.rejected == ["b3", "b4"], "one of a ended meanwhile"
    office.come("b5", "a4")
    assert office.rejected == ["b3", "b4", "b5"]


def test_who_finds_no_thread_for_others_sake_waits(office: Office) -> None:
    office.come("a1", "a2", "b1", "b2", "c1")
    office.now += 10 * STUCK_SECONDS
    office.lane.advance()
    assert not office.rejected
