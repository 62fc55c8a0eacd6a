"""Events from one module to another, whose handler inserts one row: how many a second, and how soon.

Seam's are written to an outbox with what they tell of, survive any crash, and are handled exactly once, in order for
each key; the handler's row and the memory of the event commit together. Raw Celery is a task on a Redis that writes
nothing to the disk: what is queued is lost with it, and a task that is run again has its effect again. All handlers
write to a PostgreSQL that commits to the disk.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from statistics import quantiles
from typing import Any

import psycopg

from benchmarks.children import child
from benchmarks.harness import Absent, Compare, Experiment, Measure, Metric, Role
from benchmarks.lab import Lab
from benchmarks.processes import process
from tests import brokers
from tests.processes import Deployable
from tests.tools import find_tool

BACKLOG = 4_000
LARGE = 100_000
RINGS = 100
"""Events under light load, `PAUSE` seconds apart."""
PAUSE = 0.02
HEARD = (
    "CREATE TABLE heard (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ring_id text NOT NULL, "
    "rang_at double precision NOT NULL, heard_at double precision NOT NULL)"
)
OUTBOX = "CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ring_id text NOT NULL)"
_FILL = """
    INSERT INTO seamline_outbox (module, event_id, name, key, subscriber, payload, request_id, state, attempts,
                                 failures, due_at, last_error, published_at)
    SELECT 'bell', gen_random_uuid(), 'bell.Rang.v1', 'ring-' || n, 'ear', format('{"ring_id":"ring-%%s","at":0}', n),
           'bench', 'pending', 0, 0, now(), '', now() FROM generate_series(1, %s) AS n
"""
_BRAKE = "UPDATE seamline_subscription SET backoff_until = now() + %s::interval WHERE subscriber = 'ear'"

DRAIN = Experiment(
    f"Draining a backlog of {BACKLOG:,} events",
    "From the first event handled to the last. Seam is one process with its default of two threads for a subscriber; "
    "Celery has two worker processes. The limit is a bare outbox: `FOR UPDATE SKIP LOCKED`, 50 rows at a time, in one "
    "thread, with the handler's row in another database, and no guarantee but at least once.",
    (Metric("rate", "events/s", more_is_better=True),),
)
LATENCY = Experiment(
    "From commit to handled, under light load",
    f"One event every {PAUSE * 1000:.0f} ms, from just before the publisher's commit to the end of the handler. With "
    "Celery the publisher inserts a row and commits, and then sends the message.",
    (Metric("p50", "ms"), Metric("p99", "ms")),
)
FLAT = Experiment(
    f"A backlog of {LARGE:,} events",
    "The rate over the first tenth of the events and over the last: it should not depend on how many wait, nor on how "
    "many were delivered before.",
    (
        Metric("first tenth", "events/s", Compare.NOT),
        Metric("last tenth", "events/s", Compare.NOT),
        Metric("last ÷ first", "", Compare.NOT),
    ),
    rounds=1,
)


@DRAIN.contender("outbox → relay → inbox", Role.SEAM)
def seam_drain(lab: Lab) -> Iterator[Measure]:
    with listening(lab) as (bell, ear, _):
        yield lambda: {"rate": rate(drained(bell, ear, BACKLOG))}


@DRAIN.contender("raw Celery on Redis")
def celery_drain(lab: Lab) -> Iterator[Measure]:
    with celery(lab) as (app, ear, queue):
        yield lambda: {"rate": rate(consumed(app, ear, queue, BACKLOG))}


@DRAIN.contender("bare outbox, a commit per event", Role.LIMIT)
def bare_per_event(lab: Lab) -> Iterator[Measure]:
    yield from bare(lab, commit_each=True)


@DRAIN.contender("bare outbox, a commit per batch", Role.LIMIT)
def bare_per_batch(lab: Lab) -> Iterator[Measure]:
    yield from bare(lab, commit_each=False)


@LATENCY.contender("outbox → relay → inbox", Role.SEAM)
def seam_latency(lab: Lab) -> Iterator[Measure]:
    with listening(lab) as (_, ear, service), child(service.root, MODULES="bell", BELL_URL=service.url) as caller:
        yield lambda: latency(ear, lambda: caller.submit(ring_often, None, "").result())


@LATENCY.contender("raw Celery on Redis")
def celery_latency(lab: Lab) -> Iterator[Measure]:
    with celery(lab) as (app, ear, _):
        publisher = lab.database("publisher", OUTBOX)
        with child() as caller:
            yield lambda: latency(ear, lambda: caller.submit(ring_often, app.conf.broker_url, publisher).result())


@FLAT.contender("outbox → relay → inbox", Role.SEAM)
def seam_flat(lab: Lab) -> Iterator[Measure]:
    with listening(lab) as (bell, ear, _):
        backlog = iter((BACKLOG, LARGE))  # the first is for caches and connections to be there
        yield lambda: flatness(drained(bell, ear, next(backlog)))


@contextmanager
def listening(lab: Lab) -> Iterator[tuple[str, str, Deployable]]:
    """A deployable of a module that rings and one that listens, and their databases."""
    with lab.deployable("seam", lab.with_extra_modules(), MODULES="bell,ear") as service:
        service.start()
        yield lab.database_of(service, "bell"), lab.database_of(service, "ear"), service


@contextmanager
def celery(lab: Lab) -> Iterator[tuple[Any, str, str]]:
    """Celery's application, the address of its handler's database, and its queue; with a worker that runs."""
    if not find_tool("redis-server"):
        raise Absent("no redis-server on this machine")
    from benchmarks.rivals import celery_ear

    folder = lab.path("redis")
    folder.mkdir()
    ear, log = lab.database("ear", HEARD), lab.path("celery")
    with brokers.redis(folder) as broker:
        broker.start()
        settings = {"BROKER": broker.url, "EAR": ear}
        options = ("--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel", "WARNING")
        with process(log, "celery", "-A", "benchmarks.rivals.celery_ear", "worker", *options, **settings):
            app = celery_ear.application(broker.url)
            until_answering(app, log)
            yield app, ear, app.conf.task_default_queue


def until_answering(app: Any, log: Path) -> None:
    deadline = time.monotonic() + 30
    while not app.control.ping(timeout=0.5):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the worker does not answer:\n{log.read_text()[-3000:]}")


def drained(bell: str, ear: str, events: int) -> list[float]:
    """When each of so many events was handled by Seam. All wait before the first is delivered."""
    with connected(bell) as outbox:
        outbox.execute(_BRAKE, ["1 hour"])
        outbox.execute(_FILL, [events])
        before = heard(ear)
        outbox.execute(_BRAKE, ["0"])
    return handled(ear, before, events)


def consumed(app: Any, ear: str, queue: str, events: int) -> list[float]:
    """When each of so many messages was handled by Celery. All wait before the first is consumed."""
    app.control.cancel_consumer(queue, reply=True)
    before = heard(ear)
    with app.connection_for_write() as connection, connection.Producer() as producer:
        for number in range(events):
            app.tasks["hear"].apply_async((f"ring-{number}", 0.0), producer=producer)
    app.control.add_consumer(queue, reply=True)
    return handled(ear, before, events)


def bare(lab: Lab, commit_each: bool) -> Iterator[Measure]:
    """The bare outbox, in a process of its own."""
    bell, ear = lab.database("bell", OUTBOX), lab.database("ear", HEARD)
    with child() as relay:

        def measure() -> dict[str, float]:
            with connected(bell) as outbox:
                outbox.execute(
                    "INSERT INTO outbox (ring_id) SELECT 'ring-' || n FROM generate_series(1, %s) n", [BACKLOG]
                )
            before = heard(ear)
            relay.submit(relayed, bell, ear, commit_each).result()
            return {"rate": rate(handled(ear, before, BACKLOG))}

        yield measure


def relayed(bell: str, ear: str, commit_each: bool) -> None:
    """In the relay's process: deliver all that is in the bare outbox."""
    claim = "SELECT id, ring_id FROM outbox ORDER BY id LIMIT 50 FOR UPDATE SKIP LOCKED"
    insert = "INSERT INTO heard (ring_id, rang_at, heard_at) VALUES (%s, 0, %s)"
    with psycopg.connect(bell) as outbox, psycopg.connect(ear, autocommit=commit_each) as there:
        while claimed := outbox.execute(claim).fetchall():
            for _, ring_id in claimed:
                there.execute(insert, [ring_id, time.monotonic()])
            there.commit()
            outbox.execute("DELETE FROM outbox WHERE id = ANY(%s)", [[number for number, _ in claimed]])
            outbox.commit()


def ring_often(broker: str | None, publisher: str) -> None:
    """In the publisher's process: ring now and then."""
    ring = _ringer(broker, publisher)
    for number in range(RINGS):
        ring(f"{time.monotonic()}-{number}")
        time.sleep(PAUSE)


@cache
def _ringer(broker: str | None, publisher: str) -> Callable[[str], object]:
    if broker is None:
        from contracts.bell import Bell
        from seamline.calls import call

        return lambda ring_id: call(Bell).ring(ring_id)

    from benchmarks.rivals import celery_ear

    app, connection = celery_ear.application(broker), psycopg.connect(publisher)

    def ring(ring_id: str) -> None:
        rang_at = time.monotonic()
        connection.execute("INSERT INTO outbox (ring_id) VALUES (%s)", [ring_id])
        connection.commit()
        app.tasks["hear"].delay(ring_id, rang_at)

    return ring


def latency(ear: str, ring: Callable[[], object]) -> dict[str, float]:
    """Half of all events were handled within `p50`, all but one in a hundred within `p99`."""
    before = heard(ear)
    ring()
    handled(ear, before, RINGS)
    with connected(ear) as there:
        rows = there.execute("SELECT heard_at - rang_at FROM heard WHERE id > %s", [before]).fetchall()
    hundredths = quantiles([took * 1000 for (took,) in rows], n=100, method="inclusive")
    return {"p50": hundredths[49], "p99": hundredths[98]}


def handled(ear: str, before: int, events: int) -> list[float]:
    """Wait for so many events to be handled; when each was, in order."""
    with connected(ear) as there:
        deadline = time.monotonic() + 240
        while heard(ear, there) < before + events:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{heard(ear, there) - before} of {events} events were handled")
            time.sleep(0.02)
        # The sequence is ahead of what has committed.
        rows: list[tuple[float]] = []
        while len(rows) < events and time.monotonic() < deadline:
            time.sleep(0.1)
            rows = there.execute("SELECT heard_at FROM heard WHERE id > %s ORDER BY heard_at", [before]).fetchall()
    if len(rows) != events:
        raise RuntimeError(f"{len(rows)} handled of {events}")
    return [at for (at,) in rows]


def heard(ear: str, there: Any = None) -> int:
    """How many were handled ever; a look at a sequence, however many there are."""
    if there is None:
        with connected(ear) as own:
            return heard(ear, own)
    called, last = there.execute("SELECT is_called::int, last_value FROM heard_id_seq").fetchone()
    return int(called * last)


def rate(times: list[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])


def flatness(times: list[float]) -> dict[str, float]:
    tenth = len(times) // 10
    first, last = rate(times[:tenth]), rate(times[-tenth:])
    return {"first tenth": first, "last tenth": last, "last ÷ first": last / first}


def connected(url: str) -> Any:
    return psycopg.connect(url, autocommit=True)
