"""A module's data moves to another database: `extraction data copy` beside a bare pipe between the same two.

What is copied are orders with their lines and events, of which every table has its keys, indexes and constraints in the
target, as migrations made them. Seam's time is that of the whole command: its start, the comparison of both schemas,
and the checksum of every table on both sides.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psycopg

from benchmarks.harness import Absent, Experiment, Measure, Metric, Role
from benchmarks.lab import Lab
from tests.processes import REPOSITORY, environment

MODULE = "orders"
ORDERS = 200_000
TABLES = ("orders_order", "orders_orderline", "seamline_outbox")
"""After those that they refer to."""
_FILL = f"""
    INSERT INTO orders_order (id, customer_id, status, currency, discount, total, payment_method, payment_id, refusal,
                              created_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 'confirmed', 'EUR', n % 100, n, 'sandbox:approve', gen_random_uuid(),
           '', now() - n * interval '1 second' FROM generate_series(1, {ORDERS}) AS n;
    INSERT INTO orders_orderline (order_id, sku, name, quantity, price)
    SELECT id, 'SKU-' || n, 'A product with a name ' || n, n, 100 * n FROM orders_order, generate_series(1, 2) AS n;
    INSERT INTO seamline_outbox (module, event_id, name, key, subscriber, payload, request_id, state, attempts,
                                 failures, due_at, last_error, published_at, done_at)
    SELECT 'orders', id, 'orders.OrderCreated.v1', id, 'users', repeat('x', 250), 'bench', 'done', 1, 0, now(), '',
           now(), now() FROM orders_order;
"""  # noqa: S608

COPY = Experiment(
    f"Copying {ORDERS:,} orders, {2 * ORDERS:,} lines and {ORDERS:,} events",
    "The limit is `psql -c 'COPY … TO STDOUT' | psql -c 'COPY … FROM STDIN'`, a table after the other, which checks "
    "nothing of what arrived, and begins anew after an interruption.",
    (Metric("rate", "MB/s", more_is_better=True),),
    rounds=3,
)


@COPY.contender("extraction data copy", Role.SEAM)
def data_copy(lab: Lab) -> Iterator[Measure]:
    source, target = made(lab, "source", full=True), made(lab, "target")
    command = [sys.executable, "-m", "extraction", "data", "copy", MODULE, "--from", source, "--to", target]
    paths = {"PYTHONPATH": os.pathsep.join(str(REPOSITORY / folder) for folder in ("", "src"))}
    yield measured(
        source,
        target,
        lambda: subprocess.run(command, cwd=REPOSITORY, env=environment(**paths), check=True, capture_output=True),
    )


@COPY.contender("bare COPY, psql to psql", Role.LIMIT)
def bare(lab: Lab) -> Iterator[Measure]:
    if not shutil.which("psql"):
        raise Absent("there is no psql")
    source, target = made(lab, "source", full=True), made(lab, "target")
    yield measured(source, target, lambda: [piped(source, target, table) for table in TABLES])


def made(lab: Lab, name: str, *, full: bool = False) -> str:
    """The address of a module's database, migrated, and with rows where it is to be full."""
    with lab.deployable(name) as deployable:
        subprocess.run(
            [sys.executable, "manage.py", "migrate_all", "--verbosity=0"],
            cwd=REPOSITORY,
            env=environment(**deployable.settings),
            check=True,
        )
        url = lab.database_of(deployable, MODULE)
    if full:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_FILL)
            connection.execute("VACUUM ANALYZE")
    return url


def measured(source: str, target: str, copy: Callable[[], object]) -> Measure:
    """What one copy into an empty target comes to."""
    with psycopg.connect(source) as connection:
        [[size]] = connection.execute(
            "SELECT sum(pg_table_size(name::regclass)) FROM unnest(%s::text[]) AS name", [[*TABLES]]
        )

    def measure() -> dict[str, float]:
        with psycopg.connect(target, autocommit=True) as connection:
            connection.execute(f"TRUNCATE {', '.join(TABLES)}")
            connection.execute("CHECKPOINT")
        begun = time.perf_counter()
        copy()
        return {"rate": float(size) / 1e6 / (time.perf_counter() - begun)}

    return measure


def piped(source: str, target: str, table: str) -> None:
    """Copy a table by two processes of `psql`."""
    with subprocess.Popen(["psql", source, "-qc", f"COPY {table} TO STDOUT"], stdout=subprocess.PIPE) as out:  # noqa: S607
        subprocess.run(["psql", target, "-qc", f"COPY {table} FROM STDIN"], stdin=out.stdout, check=True)  # noqa: S607
