"""Customers who take no failure for an answer while a module moves, and a witness of who wrote."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
import urllib3

from tests.client import Answer
from tests.shop import APPROVE, Customer, Shop, order_of

PAUSE = 0.1
"""Seconds before one who insists sends a request again."""


@dataclass
class Outcome:
    """What became of all orders."""

    orders: int = 0
    pending: int = 0
    """Of them, those that were answered with 202: the order is taken, and looked at later."""
    failed: list[str] = field(default_factory=list)
    """Requests that were not answered as they should be."""
    lost: set[str] = field(default_factory=set)
    doubled: set[str] = field(default_factory=set)
    slowest: float = 0.0
    """Seconds that the slowest request took."""

    def __str__(self) -> str:
        wrong = f"{len(self.failed)} failed, {len(self.lost)} lost, {len(self.doubled)} doubled"
        slowest = f"the slowest request took {self.slowest * 1000:.0f} ms"
        return f"{self.orders} orders ({self.pending} pending at first), {wrong}; {slowest}"


class _Buyer(threading.Thread):
    def __init__(self, customer: Customer, sku: str, keyed: bool, insists: bool, stopping: threading.Event) -> None:
        super().__init__(daemon=True)
        self.customer, self.sku, self.keyed, self.insists, self.stopping = customer, sku, keyed, insists, stopping
        self.ids: list[str] = []
        self.outcome = Outcome()

    def run(self) -> None:
        while not self.stopping.is_set():
            self._order()
            self._ask("GET", "/orders", 200)

    def _order(self) -> None:
        key = {"Idempotency_Key": uuid.uuid4().hex} if self.keyed or self.insists else {}
        answer = self._ask("POST", "/orders", 201, 202, **key)
        if answer:
            self.outcome.orders += 1
            self.outcome.pending += answer.status == 202
            self.ids.append(answer.json["id"])

    def _ask(self, method: str, path: str, *expected: int, **headers: str) -> Answer | None:
        while True:
            began = time.monotonic()
            try:
                body = order_of((self.sku, 1), payment_method=APPROVE)
                client = self.customer.client
                answer = client.get(path) if method == "GET" else client.post(path, body, **headers)
                problem = "" if answer.status in expected else str(answer)[:500]
            except (urllib3.exceptions.HTTPError, OSError) as error:
                problem = f"{method} {path}: {error!r}"
            self.outcome.slowest = max(self.outcome.slowest, time.monotonic() - began)
            if not problem:
                return answer
            if not self.insists:
                self.outcome.failed.append(problem)
                return None
            time.sleep(PAUSE)


@contextmanager
def customers(shop: Shop, number: int = 4, insists: bool = False) -> Iterator[Outcome]:
    """Order until the end of the block; what came of it is there afterwards. Those who insist send a request again."""
    sku = shop.product(price=1000, stock=1_000_000)
    stopping, total = threading.Event(), Outcome()
    buyers = [_Buyer(shop.customer(), sku, bool(n % 2), insists, stopping) for n in range(number)]
    for buyer in buyers:
        buyer.start()
    try:
        yield total
    finally:
        stopping.set()
        for buyer in buyers:
            buyer.join()
    for buyer in buyers:
        seen = _orders_of(buyer.customer)
        total.lost |= {*buyer.ids} - {*seen}
        total.doubled |= {*seen} - {*buyer.ids}
        total.doubled |= {each for each in buyer.ids if buyer.ids.count(each) > 1} if len(buyer.ids) < 1000 else set()
        total.orders += buyer.outcome.orders
        total.pending += buyer.outcome.pending
        total.failed += buyer.outcome.failed
        total.slowest = max(total.slowest, buyer.outcome.slowest)


def _orders_of(customer: Customer) -> list[str]:
    found: list[str] = []
    path = "/orders"
    while path:
        page = customer.client.get(path).expect(200)
        found += [order["id"] for order in page["results"]]
        path = (page["next"] or "").partition("/api/v1")[2]
    return found


WITNESS = """
    CREATE SEQUENCE IF NOT EXISTS witness;
    GRANT ALL ON SEQUENCE witness TO PUBLIC;
    CREATE OR REPLACE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM seamline_ownership WHERE other_role = session_user) THEN
            PERFORM nextval('witness');
        END IF;
        RETURN NULL;
    END $$;
    DO $$
    DECLARE name text;
    BEGIN
        FOR name IN SELECT tablename FROM pg_tables
            WHERE schemaname = 'public' AND tablename NOT IN ('seamline_ownership', 'django_migrations')
        LOOP
            EXECUTE format('DROP TRIGGER IF EXISTS witness ON %1$I;
                CREATE CONSTRAINT TRIGGER witness AFTER INSERT OR UPDATE OR DELETE ON %1$I
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION witness()', name);
        END LOOP;
    END $$;
"""
"""Looks, as each transaction commits, whether its role is the other side's by the row as it is then."""


def watch(url: str, owner: str) -> None:
    """Have every transaction looked at that writes to a module's tables."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(WITNESS)
        admin.execute(f'ALTER SEQUENCE witness OWNER TO "{owner}"')
        # Of the row, so that it is no part of what is moved to another server.
        admin.execute("ALTER SEQUENCE witness OWNED BY seamline_ownership.epoch")


def strangers(url: str) -> int:
    """Count what was written by who was not the owner when it was committed."""
    with psycopg.connect(url) as admin:
        [[last, is_called]] = admin.execute("SELECT last_value, is_called FROM witness").fetchall()
    return int(last) if is_called else 0
