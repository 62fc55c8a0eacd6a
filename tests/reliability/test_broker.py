"""Events and jobs by Celery workers: a message may be lost or late, what it was about is not."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests import brokers
from tests.brokers import Broker, worker
from tests.processes import Deployable, Yard
from tests.shop import Customer, Shop
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(180)
Kind = Callable[[Path], AbstractContextManager[Broker]]


@contextmanager
def monolith(yard: Yard, broker: Broker) -> Iterator[Deployable]:
    with yard.deployable("with_broker", CELERY_BROKER_URL=broker.url) as deployable:
        yield deployable.start()


def buys(shop: Shop) -> Customer:
    """Somebody new, with an order that is worth ten points."""
    customer = shop.customer()
    customer.bought("MUG-BLUE")
    return customer


@pytest.mark.parametrize("kind", [brokers.redis, brokers.rabbitmq], ids=["redis", "rabbitmq"])
def test_workers_deliver_what_the_web_process_publishes(kind: Kind, the_yard: Yard, tmp_path: Path) -> None:
    with kind(tmp_path) as broker, monolith(the_yard, broker.start()) as shop:
        customer = buys(Shop(shop.client))
        assert (customer.points(), customer.told()) == (0, [])
        with worker(shop) as process:
            process.start()
            customer.hears("order_confirmed")
            eventually(customer.points, bool)
            process.end(signal.SIGTERM)


def test_a_worker_may_do_the_work_of_some_modules_alone(the_yard: Yard, tmp_path: Path) -> None:
    with brokers.redis(tmp_path) as broker, monolith(the_yard, broker.start()) as shop:
        customer = buys(Shop(shop.client))
        with worker(shop, "--modules", "users") as for_users, worker(shop, "--modules", "notifications") as for_others:
            for_users.start()
            eventually(customer.points, bool)
            assert customer.told() == []
            for_others.start()
            customer.hears("order_confirmed")


def test_a_worker_that_is_killed_leaves_nothing_undone(the_yard: Yard, tmp_path: Path) -> None:
    with brokers.redis(tmp_path) as broker, monolith(the_yard, broker.start()) as shop, worker(shop) as process:
        process.start()
        eventually(buys(Shop(shop.client)).points, bool)
        for _ in range(3):
            customers = [buys(Shop(shop.client)) for _ in range(3)]
            process.end(signal.SIGKILL)
            process.start()
            for customer in customers:
                eventually(customer.points, bool)
                customer.hears("order_confirmed")


def test_a_broker_that_forgets_everything_loses_nothing(the_yard: Yard, tmp_path: Path) -> None:
    with brokers.redis(tmp_path) as broker, monolith(the_yard, broker.start()) as shop, worker(shop) as process:
        process.start()
        eventually(buys(Shop(shop.client)).points, bool)
        broker.end(signal.SIGKILL)
        customer = buys(Shop(shop.client))
        assert customer.points() == 0
        broker.start()
        eventually(customer.points, bool)


def test_periodic_jobs_are_run_by_workers(the_yard: Yard, tmp_path: Path) -> None:
    with brokers.redis(tmp_path) as broker, monolith(the_yard, broker.start()) as shop, worker(shop) as process:
        name = f"{shop.settings['DATABASE_PREFIX']}_orders"
        with psycopg.connect(shop.settings["DATABASE_URL"], dbname=name, autocommit=True) as orders:

            def runs() -> set[str]:
                return {row[0] for row in orders.execute("SELECT name FROM kernel_job")}

            assert runs() == set()
            process.start()
            eventually(runs, lambda names: "kernel.resume_sagas" in names)
