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
from tests.shop import Customer, Shop
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("broker")


@contextmanager
def monolith(yard: Yard, broker: Broker, folder: Path) -> Iterator[Deployable]:
    with yard.deployable(
        "with_broker", CELERY_BROKER_URL=broker.url, PROMETHEUS_MULTIPROC_DIR=str(folder)
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
def shop(the_yard: Yard, redis: Broker, folder: Path) -> Iterator[Deployable]:
    """A monolith whose events and jobs are for workers. No test leaves one running."""
    with monolith(the_yard, redis, folder) as deployable:
        yield deployable


def buys(shop: Shop) -> Customer:
    """Somebody new, with an order that is worth ten points."""
    customer = shop.customer()
    customer.bought("MUG-BLUE")
    return customer


def delivered(url: str) -> int:
    """How many events somebody says that were delivered to `users`."""
    page = Client(url).page("/metrics").text
    return sum(
        int(sample.value)
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == "events_delivered_total" and sample.labels["subscriber"] == "users"
    )


def works_with(shop: Deployable) -> None:
    """What the web process publishes is delivered by a worker, and counted by both."""
    customer = buys(Shop(shop.client))
    assert (customer.points(), customer.told()) == (0, [])
    port = free_port()
    with worker(shop, "--metrics-port", str(port)) as process:
        process.start()
        customer.hears("order_confirmed")
        eventually(customer.points, bool)
        eventually(lambda: delivered(shop.url), bool)
        assert delivered(f"http://127.0.0.1:{port}") == delivered(shop.url)
        process.end(signal.SIGTERM)


def test_workers_deliver_what_the_web_process_publishes(shop: Deployable) -> None:
    works_with(shop)


def test_rabbitmq_is_a_broker_too(the_yard: Yard, tmp_path: Path) -> None:
    with brokers.rabbitmq(tmp_path) as broker, monolith(the_yard, broker.start(), tmp_path) as shop:
        works_with(shop)


def test_a_worker_may_do_the_work_of_some_modules_alone(shop: Deployable) -> None:
    customer = buys(Shop(shop.client))
    with worker(shop, "--modules", "users") as for_users, worker(shop, "--modules", "notifications") as for_others:
        for_users.start()
        eventually(customer.points, bool)
        assert customer.told() == []
        for_others.start()
        customer.hears("order_confirmed")


def test_a_worker_that_is_killed_leaves_nothing_undone(shop: Deployable) -> None:
    with worker(shop) as process:
        process.start()
        eventually(buys(Shop(shop.client)).points, bool)
        for _ in range(3):
            customers = [buys(Shop(shop.client)) for _ in range(3)]
            process.end(signal.SIGKILL)
            process.start()
            # What the worker had claimed is claimed again when the lease lapses.
            for customer in customers:
                eventually(customer.points, bool)
                eventually(customer.told, lambda kinds: "order_confirmed" in kinds)


def test_a_broker_that_forgets_everything_loses_nothing(shop: Deployable, redis: Broker) -> None:
    with worker(shop) as process:
        process.start()
        eventually(buys(Shop(shop.client)).points, bool)
        redis.end(signal.SIGKILL)
        customer = buys(Shop(shop.client))
        assert customer.points() == 0
        redis.start()
        # What a worker may have claimed as it lost the broker is claimed again when the lease lapses.
        eventually(customer.points, bool)


def test_a_worker_outlives_its_broker_however_often_it_goes(shop: Deployable, redis: Broker) -> None:
    with worker(shop) as process:
        kill_repeatedly(shop, redis, process.start(), kills=6, seed=1)
        assert process.process
        process.process.send_signal(signal.SIGTERM)
        assert process.process.wait(30) == 0, "it was asked to stop"


def test_a_worker_that_gives_up_has_a_status_that_says_so(shop: Deployable) -> None:
    with worker(shop) as process:
        process.start()
        eventually(buys(Shop(shop.client)).points, bool)
        assert process.process
        process.process.send_signal(signal.SIGQUIT)
        assert process.process.wait(30) == 1


def test_periodic_jobs_are_run_by_workers(shop: Deployable) -> None:
    name = f"{shop.settings['DATABASE_PREFIX']}_orders"
    with (
        worker(shop) as process,
        psycopg.connect(shop.settings["DATABASE_URL"], dbname=name, autocommit=True) as orders,
    ):
        orders.execute("DELETE FROM seamline_job")

        def runs() -> set[str]:
            return {row[0] for row in orders.execute("SELECT name FROM seamline_job")}

        assert runs() == set()
        process.start()
        eventually(runs, lambda names: "seamline.prune" in names)
