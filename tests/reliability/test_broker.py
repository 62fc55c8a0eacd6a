"""Events and jobs by Celery workers: a message may be lost or late, what it was about is not."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import brokers
from tests.brokers import Broker, worker
from tests.chaos.broker_kills import kill_repeatedly
from tests.client import Client
from tests.processes import Deployable, Yard, free_port
from tests.system.office import Office
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("broker")


@contextmanager
def monolith(yard: Yard, root: Path, broker: Broker, folder: Path) -> Iterator[Deployable]:
    with yard.deployable(
        "with_broker", root, CELERY_BROKER_URL=broker.url, PROMETHEUS_MULTIPROC_DIR=str(folder)
    ) as deployable:
        yield deployable.start()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("broker")


@pytest.fixture(scope="module")
def redis(folder: Path) -> Iterator[Broker]:
    with brokers.redis(folder) as broker:
        yield broker.start()


@pytest.fixture(scope="module")
def served(the_yard: Yard, the_system: Path, redis: Broker, folder: Path) -> Iterator[Deployable]:
    """A monolith whose events and jobs are for workers. No test leaves one running."""
    with monolith(the_yard, the_system, redis, folder) as deployable:
        yield deployable


@pytest.fixture(scope="module")
def office(served: Deployable) -> Office:
    return Office(served.client)


def delivered(url: str) -> int:
    """How many events somebody says that were delivered to `notes`."""
    page = Client(url).page("/metrics").text
    return sum(
        int(sample.value)
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == "events_delivered_total" and sample.labels["subscriber"] == "notes"
    )


def works_with(served: Deployable) -> None:
    """What the web process publishes is delivered by a worker, and counted by both."""
    office = Office(served.client)
    parcel = office.send()
    assert office.notes(parcel) == []
    port = free_port()
    with worker(served, "--metrics-port", str(port)) as process:
        process.start()
        office.sees_note(parcel)
        eventually(lambda: delivered(served.url), bool)
        assert delivered(f"http://127.0.0.1:{port}") == delivered(served.url)
        process.end(signal.SIGTERM)


def test_workers_deliver_what_the_web_process_publishes(served: Deployable) -> None:
    works_with(served)


def test_rabbitmq_is_a_broker_too(the_yard: Yard, the_system: Path, tmp_path: Path) -> None:
    with brokers.rabbitmq(tmp_path) as broker, monolith(the_yard, the_system, broker.start(), tmp_path) as served:
        works_with(served)


def test_a_worker_may_do_the_work_of_some_modules_alone(served: Deployable, office: Office) -> None:
    parcel, announced = office.send(), office.announced()
    with worker(served, "--modules", "depots") as for_depots, worker(served, "--modules", "notes") as for_notes:
        for_depots.start()
        eventually(office.announced, lambda number: number > announced)
        assert office.notes(parcel) == []
        for_notes.start()
        office.sees_note(parcel)


def test_a_worker_that_is_killed_leaves_nothing_undone(served: Deployable, office: Office) -> None:
    with worker(served) as process:
        process.start()
        office.sees_note(office.send())
        for _ in range(3):
            parcels = [office.send() for _ in range(3)]
            process.end(signal.SIGKILL)
            process.start()
            # What the worker had claimed is claimed again when the lease lapses.
            for parcel in parcels:
                office.sees_note(parcel)


def test_a_broker_that_forgets_everything_loses_nothing(served: Deployable, office: Office, redis: Broker) -> None:
    with worker(served) as process:
        process.start()
        office.sees_note(office.send())
        redis.end(signal.SIGKILL)
        parcel = office.send()
        assert office.notes(parcel) == []
        redis.start()
        # What a worker may have claimed as it lost the broker is claimed again when the lease lapses.
        office.sees_note(parcel)


def test_a_worker_outlives_its_broker_however_often_it_goes(served: Deployable, redis: Broker) -> None:
    with worker(served) as process:
        kill_repeatedly(Office(served.client), redis, process.start(), kills=6, seed=1)
        assert process.process
        process.process.send_signal(signal.SIGTERM)
        assert process.process.wait(30) == 0, "it was asked to stop"


def test_a_worker_that_gives_up_has_a_status_that_says_so(served: Deployable, office: Office) -> None:
    with worker(served) as process:
        process.start()
        office.sees_note(office.send())
        assert process.process
        process.process.send_signal(signal.SIGQUIT)
        assert process.process.wait(30) == 1


def test_periodic_jobs_are_run_by_workers(served: Deployable) -> None:
    name = f"{served.settings['DATABASE_PREFIX']}_parcels"
    with (
        worker(served) as process,
        psycopg.connect(served.settings["DATABASE_URL"], dbname=name, autocommit=True) as parcels,
    ):
        parcels.execute("DELETE FROM seamline_job")

        def runs() -> set[str]:
            return {row[0] for row in parcels.execute("SELECT name FROM seamline_job")}

        assert runs() == set()
        process.start()
        eventually(runs, lambda names: "seamline.prune" in names)
