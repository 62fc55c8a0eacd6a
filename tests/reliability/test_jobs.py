"""Periodic jobs: when each is due, how its last run went, and one of them now."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import ProgrammingError
from django.utils import timezone

from seamline.databases import ownership
from seamline.module import BadManifest, Job
from seamline.work import jobs
from seamline.work.jobs import Task
from seamline.work.models import JobRecord
from tests import commands

pytestmark = pytest.mark.django_db(databases=list(settings.DATABASES))
MODULE = "parcels"


def told(*arguments: str) -> tuple[int, str]:
    said = commands.run("jobs", *arguments)
    return said.status, said.out


def row(name: str) -> dict[str, Any]:
    _, out = told("list", "--module", MODULE, "--json")
    found: dict[str, Any] = next(each for each in json.loads(out) if each["name"] == name)
    return found


@pytest.fixture
def forget_old(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the module's job did; it fails when it is told to by the word `fail`."""
    from modules.parcels import jobs as parcels_jobs

    said: list[str] = []

    def forget_old() -> None:
        if said and said[-1] == "fail":
            raise RuntimeError("the depot burns")
        said.append("ran")

    monkeypatch.setattr(parcels_jobs, "forget_old", forget_old)
    monkeypatch.setattr(jobs, "close_old_connections", lambda: None)  # the test's own is one
    yield said


@pytest.mark.parametrize(
    ("job", "now", "seconds"),
    [
        (Job("a", every=90.0), datetime(2026, 11, 26, 12, 0, tzinfo=UTC), 90.0),
        (Job("a", cron="30 3 * * *"), datetime(2026, 11, 26, 3, 29, 30, tzinfo=UTC), 30.0),
        (Job("a", cron="30 3 * * *"), datetime(2026, 11, 26, 3, 30, tzinfo=UTC), 86_400.0),
        (Job("a", cron="0 0 29 2 *"), datetime(2026, 1, 1, tzinfo=UTC), 789 * 86_400.0),
    ],
)
def test_a_job_is_due_by_its_period_or_by_the_clock(job: Job, now: datetime, seconds: float) -> None:
    assert job.seconds_to_next(now) == seconds


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ({}, "takes either every=, in seconds, or cron="),
        ({"every": 60.0, "cron": "* * * * *"}, "takes either every=, in seconds, or cron="),
        ({"every": -1.0}, "takes either every=, in seconds, or cron="),
        ({"cron": "at noon"}, "write such as '30 3"),
        ({"cron": "61 3 * * *"}, "write such as '30 3"),
        ({"cron": "0 0 30 2 *"}, "Bad day-of-month; write such as"),
    ],
)
def test_a_job_that_cannot_be_timed_is_refused_where_it_is_written(when: dict[str, Any], says: str) -> None:
    with pytest.raises(BadManifest, match=says):
        Job("tidy_up", **when)


def test_one_with_an_hour_waits_for_it_and_then_for_the_next() -> None:
    ran: list[str] = []
    task = Task(MODULE, "tidy_up", Job("tidy_up", cron="30 3 * * *"), lambda: ran.append("ran"))
    assert not jobs.run(task)
    record = JobRecord.objects.using(MODULE).filter(module=MODULE, name="tidy_up")
    due = record.get().due_at.astimezone(UTC)
    assert (due.hour, due.minute) == (3, 30)
    record.update(due_at=timezone.now() - timedelta(seconds=1))
    assert jobs.run(task)
    assert not jobs.run(task)
    due = record.get().due_at.astimezone(UTC)
    assert ran == ["ran"]
    assert abs(due - due.replace(hour=3, minute=30, second=0, microsecond=0)) < timedelta(seconds=5)


def test_how_the_last_run_went_is_told(forget_old: list[str]) -> None:
    jobs.run_named(MODULE, "forget_old")
    first = row("forget_old")
    assert (first["runs"], first["error"], first["when"]) == (1, None, "every 3600 s")
    assert first["seconds"] >= 0
    assert told("list", "--module", MODULE)[0] == 0
    forget_old.append("fail")
    assert told("run", "--module", MODULE, "forget_old") == (0, "forget_old of parcels is due now\n")
    jobs.run_named(MODULE, "forget_old")
    second = row("forget_old")
    assert (second["runs"], second["error"]) == (2, "RuntimeError: the depot burns")
    status, out = told("list", "--module", MODULE)
    assert (status, "the depot burns" in out) == (1, True)
    forget_old.append("well")
    told("run", "--module", MODULE, "forget_old")
    jobs.run_named(MODULE, "forget_old")
    assert row("forget_old")["error"] is None


def test_one_that_nobody_has_run_yet_is_listed(forget_old: list[str]) -> None:
    JobRecord.objects.using(MODULE).all().delete()
    assert (row("forget_old")["runs"], row("forget_old")["ended_at"]) == (0, None)


def test_one_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    said = commands.run("jobs", "run", "--module", MODULE, "forget")
    assert (said.status, said.err) == (2, "parcels has no job 'forget'; there are: forget_old, seamline.prune")


def test_one_that_is_under_way_shows_no_end_so_that_a_new_owner_runs_it_again() -> None:
    seen: list[object] = []
    task = Task(MODULE, "look", Job("look", every=3600.0), lambda: seen.append(jobs.last_runs(MODULE)))
    for _ in range(2):
        assert jobs.run(task)
        JobRecord.objects.using(MODULE).filter(name="look").update(due_at=timezone.now() - timedelta(days=1))
    for runs in seen:
        [under_way] = [run for run in runs if run.name == "look"]  # type: ignore[attr-defined]
        assert under_way.runs and under_way.ended_at is None
    [ended] = [run for run in jobs.last_runs(MODULE) if run.name == "look"]
    assert ended.ended_at


def test_one_whose_module_has_moved_meanwhile_is_no_failure_and_is_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ProgrammingError("permission denied for table parcels_parcel")

    monkeypatch.setattr(ownership, "moved_to", lambda module, error: "http://there")
    assert not jobs.run(Task(MODULE, "refused", Job("refused", every=3600.0), refuse))
    [run] = [run for run in jobs.last_runs(MODULE) if run.name == "refused"]
    assert (run.ended_at, run.error) == (None, None)
