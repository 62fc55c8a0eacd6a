"""One scheduler for all modules: who hangs stops no other, who is idle costs little, who is woken is looked at."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from seamline.databases import ownership
from seamline.events import relay
from seamline.runtime import scheduler as scheduling
from seamline.runtime import wakeup_listener
from seamline.runtime.scheduler import JobThreads, Scheduler
from seamline.runtime.wakeup_listener import WakeupListener
from seamline.work import threads, wakeups
from seamline.work.threads import Task, ThreadPool
from tests.waiting import eventually

MODULES = ("notes", "rooms", "parcels", "tolls", "depots")


class Looks:
    """Stands in for the looks at the tables: counts them, and hangs or fails where it is told to."""

    def __init__(self) -> None:
        self.number: Counter[str] = Counter()
        self.hanging: set[str] = set()
        self.failing: set[str] = set()
        self.busy: set[str] = set()
        self.due: dict[str, float] = {}
        self.released = threading.Event()

    def dispatch_due(self, module: str, dispatcher: object) -> bool:
        self.number[module] += 1
        if module in self.hanging:
            self.released.wait(30)
        if module in self.failing:
            raise OSError("away")
        return module in self.busy

    def work_due(self, module: str) -> list[tuple[str, float]]:
        return [("a job", self.due[module])] if module in self.due else []


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Looks]:
    looks = Looks()
    monkeypatch.setattr(relay, "dispatch_due", looks.dispatch_due)
    monkeypatch.setattr(scheduling, "_work_due", looks.work_due)
    monkeypatch.setattr(ownership, "refresh", lambda module: None)
    yield looks
    looks.released.set()


class Runs:
    """Remembers what it was to run."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def dispatch(self, publisher: str, subscriber: str) -> None: ...

    def run(self, module: str, name: str) -> None:
        self.asked.append((module, name))


@contextmanager
def running(*modules: str) -> Iterator[Scheduler]:
    scheduler = Scheduler(modules, Runs(), Runs())
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.stop()
        scheduler.join()


def test_modules_that_hang_or_fail_stop_no_other(looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "MIN_POLL_SECONDS", 0.01)
    looks.hanging, looks.failing, looks.busy = {"notes", "rooms"}, {"parcels"}, {"depots", "tolls"}
    with running(*MODULES):
        eventually(lambda: min(looks.number[module] for module in looks.busy), lambda least: least > 20)
        assert [looks.number[module] for module in looks.hanging] == [1, 1]


def test_a_module_that_nothing_happens_to_is_looked_at_less_and_less_often(looks: Looks) -> None:
    scheduler = Scheduler(["parcels"], Runs(), Runs())
    [plan] = scheduler._plans.values()
    waits = [scheduler._dispatch_due("parcels", plan) for _ in range(7)]
    assert waits == [2, 4, 8, 16, 30, 30, 30]
    scheduler.rely_on_listener(["parcels"])
    assert [scheduler._dispatch_due("parcels", plan) for _ in range(6)] == [60, 120, 240, 480, 600, 600]
    looks.busy = {"parcels"}
    assert scheduler._dispatch_due("parcels", plan) == 1
    looks.busy, looks.due = set(), {"parcels": 0.25}
    assert scheduler._dispatch_due("parcels", plan) == 0.25


def test_work_that_is_due_is_run_and_looked_after_soon(looks: Looks) -> None:
    runs = Runs()
    scheduler = Scheduler(["parcels"], runs, runs)
    looks.due = {"parcels": -3.0}
    [plan] = scheduler._plans.values()
    assert scheduler._dispatch_due("parcels", plan) == 1
    assert runs.asked == [("parcels", "a job")]


def test_who_is_woken_is_looked_at_now(looks: Looks) -> None:
    with running("parcels") as scheduler:
        eventually(lambda: looks.number["parcels"], lambda number: number == 1)
        scheduler.wake("unknown")
        for number in range(2, 6):
            scheduler.wake("parcels")
            eventually(lambda: looks.number["parcels"], lambda seen, number=number: seen >= number, 0.9)


def test_who_is_woken_while_it_is_looked_at_is_looked_at_again(looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "MIN_POLL_SECONDS", 3600.0)
    monkeypatch.setattr(scheduling, "MAX_POLL_SECONDS", 3600.0)
    looks.hanging = {"parcels"}
    with running("parcels") as scheduler:
        eventually(lambda: looks.number["parcels"], lambda number: number == 1)
        scheduler.wake("parcels")
        looks.hanging = set()
        looks.released.set()
        eventually(lambda: looks.number["parcels"], lambda number: number >= 2, 10.0)


@pytest.mark.django_db(databases=["parcels"], transaction=True)
def test_a_connection_that_is_not_needed_soon_is_handed_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "KEEP_SECONDS", 0.0)
    monkeypatch.setattr(threads, "IDLE_SECONDS", 600.0)
    seen: list[int] = []

    def count(module: str) -> list[tuple[str, float]]:
        seen.append(sessions())
        return []

    monkeypatch.setattr(scheduling, "_work_due", count)
    before = sessions()
    with running("parcels"):
        eventually(lambda: seen, bool)
        assert seen[0] > before
        eventually(sessions, lambda number: number <= before, 10.0)


def sessions() -> int:
    with psycopg.connect(settings.DATABASE_SERVER.url, autocommit=True) as administrator:
        name = settings.DATABASES["parcels"]["NAME"]
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        [number] = administrator.execute(asked, [name]).fetchone() or [0]
        return int(number)


@pytest.mark.django_db(databases=["default"], transaction=True)
def test_another_process_is_woken_and_after_an_interruption_looks_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wakeup_listener, "COUNT_EVERY_SECONDS", 3600.0)
    watcher = Watcher()
    with listening(watcher):
        eventually(lambda: watcher.woken, lambda woken: woken == ["all"])
        wakeups.wake("parcels")
        eventually(lambda: watcher.woken, lambda woken: woken == ["all", "parcels"])
        with connections["default"].cursor() as sql:
            sql.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        eventually(lambda: watcher.woken, lambda woken: woken == ["all", "parcels", "all"])
        wakeups.wake("depots")
        eventually(lambda: watcher.woken, lambda woken: woken[3:] == ["depots"])


@pytest.mark.django_db(databases=["default", "parcels"], transaction=True)
def test_what_another_process_writes_is_heard_though_it_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeup_listener, "COUNT_EVERY_SECONDS", 0.1)
    watcher = Watcher()
    with listening(watcher):
        eventually(lambda: watcher.heard, lambda heard: {*settings.ACTIVE_MODULES} == heard)
        with psycopg.connect(settings.DATABASE_SERVER.url, dbname=settings.DATABASES["parcels"]["NAME"]) as other:
            other.execute("CREATE TABLE IF NOT EXISTS scratch (n int)")
            other.execute("INSERT INTO scratch VALUES (1)")
            other.execute("DROP TABLE scratch")
        eventually(lambda: watcher.woken, lambda woken: "parcels" in woken)


class Watcher:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.woken: list[str] = []
        self.heard: set[str] = set()

    def wake(self, module: str) -> None:
        self.woken.append(module)

    def wake_all(self) -> None:
        self.woken.append("all")

    def rely_on_listener(self, modules: Iterable[str]) -> None:
        self.heard = {*modules}


@contextmanager
def listening(watcher: Watcher) -> Iterator[None]:
    listener = WakeupListener(watcher)
    listener.start()
    try:
        yield
    finally:
        listener.stop()
        listener.join()


# Threads


def test_threads_are_no_more_than_needed_and_end_when_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "IDLE_SECONDS", 0.05)
    pool, names = ThreadPool("measured", 3), Counter[int]()

    def work(task: Task) -> None:
        names[threading.get_ident()] += 1

    for number in range(10):
        pool.submit(work)
        eventually(lambda: names.total(), lambda done, number=number: done == number + 1)
        pool.wait_until_idle(time.monotonic() + 10)
    assert len(names) <= 2
    eventually(alive, lambda number: number == 0)
    pool.submit(work)
    eventually(lambda: names.total(), lambda done: done == 11)


def test_work_waits_for_a_thread_and_one_that_hangs_may_be_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "IDLE_SECONDS", 0.05)
    pool, released, done = ThreadPool("measured", 1), threading.Event(), threading.Event()
    hanging = pool.submit(lambda task: released.wait(30))
    pool.submit(lambda task: done.set())
    eventually(lambda: hanging.begun, bool)
    assert not done.is_set()
    pool.leave_hanging(hanging)
    assert done.wait(10)
    released.set()
    eventually(alive, lambda number: number == 0)
    done.clear()
    pool.submit(lambda task: done.set())
    assert done.wait(10)


def test_a_job_is_under_way_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    released, begun = threading.Event(), []

    def run(module: str, name: str) -> None:
        begun.append((module, name))
        released.wait(30)

    monkeypatch.setattr(scheduling.jobs, "run_named", run)
    jobs = JobThreads()
    for name in ("one", "one", "other"):
        jobs.run("parcels", name)
    eventually(lambda: len(begun), lambda number: number == 2)
    assert sorted(begun) == [("parcels", "one"), ("parcels", "other")]
    released.set()
    jobs.stop(time.monotonic() + 10)


def alive() -> int:
    return len([thread for thread in threading.enumerate() if thread.name == "measured"])
