"""A copy is interrupted at any moment: no table is there by half, and the same command goes on."""

import random
import signal
import time
from collections.abc import Iterator

import pytest

from tests.extraction.databases import Two, execute, two
from tests.processes import Yard
from tests.waiting import eventually

SCHEMA = """
    CREATE TABLE a (id int PRIMARY KEY, text text);
    CREATE TABLE b (id int PRIMARY KEY, text text, a_id int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE c (id bigserial PRIMARY KEY, text text);
    CREATE TABLE d (id int PRIMARY KEY, b_id int REFERENCES b DEFERRABLE INITIALLY DEFERRED);
"""
EACH = 60_000
ROWS = f"""
    INSERT INTO a SELECT n, repeat(md5(n::text), 6) FROM generate_series(1, {EACH}) AS n;
    INSERT INTO b SELECT id, text, id FROM a;
    INSERT INTO c SELECT id, text FROM a;
    INSERT INTO d SELECT id, id FROM b;
    SELECT setval('c_id_seq', {EACH});
"""
COUNTS = "SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b), (SELECT count(*) FROM c), (SELECT count(*) FROM d)"
MARKED = "SELECT to_regclass('extraction_copy') IS NOT NULL"
TIMES = 2


@pytest.fixture
def big(the_yard: Yard) -> Iterator[Two]:
    """A source that takes a moment to copy."""
    with two(the_yard.database_url, SCHEMA) as made:
        execute(made.source, ROWS)
        yield made


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_at_any_moment(number: signal.Signals, big: Two) -> None:
    arguments: tuple[str, ...] = ()
    for _ in range(TIMES):
        ended, said = interrupted(big, number, *arguments)
        assert "Traceback" not in said
        # A signal that comes before Python minds it, or after it is done, ends the process as any.
        assert ended in (0, {signal.SIGINT: 130, signal.SIGTERM: 143}.get(number), -number), said
        eventually(lambda: execute(big.target, f"SELECT 1 FROM pg_stat_activity WHERE {OURS}"), lambda rows: not rows)
        [counts], [(marked,)] = execute(big.target, COUNTS), execute(big.target, MARKED)
        assert set(counts) <= {0, EACH}
        if not marked and any(counts):
            # It was complete before it heard of its end.
            big.same()
            arguments = ("--replace",)
            execute(big.source, "UPDATE b SET text = text || '!' WHERE id = 5")
        elif number == signal.SIGINT and "copying" in said:
            assert said.endswith("error: interrupted, the target is not complete: the same command goes on\n")
    big.copied(*arguments)
    big.same()
    assert execute(big.target, MARKED) == [(False,)]
    assert execute(big.target, "INSERT INTO c DEFAULT VALUES RETURNING id") == [(EACH + 1,)]


OURS = "datname = current_database() AND application_name = 'seam-extraction'"


def interrupted(pair: Two, number: signal.Signals, *arguments: str) -> tuple[int, str]:
    """End a copy with a signal at some moment; how it ended, and what it said."""
    process = pair.begin("copy", *arguments)
    busy = f"SELECT 1 FROM pg_stat_activity WHERE {OURS}"
    eventually(lambda: execute(pair.target, busy) or process.poll() is not None, bool)
    time.sleep(random.uniform(0, 1.5))
    process.send_signal(number)
    said = process.communicate()[0].decode()
    return process.returncode, said


def killed_when(pair: Two, query: str) -> None:
    """Kill a copy as soon as a query in its target gives something."""
    process = pair.begin("copy")
    eventually(lambda: execute(pair.target, query) or process.poll() is not None, bool)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_what_is_complete_and_unchanged_is_kept(big: Two) -> None:
    killed_when(big, "SELECT 1 FROM a LIMIT 1")
    assert big.run("verify") == 1
    assert "the copy is not complete" in big.output
    big.copied()
    assert " of 4 tables are in the target already" in big.output
    big.same()


def test_what_changed_meanwhile_is_copied_again_with_what_refers_to_it(big: Two) -> None:
    killed_when(big, "SELECT 1 FROM b LIMIT 1")
    execute(big.source, "UPDATE a SET text = 'changed' WHERE id = 1; DELETE FROM d WHERE id = 7")
    big.copied()
    big.same()


def test_one_copy_at_a_time(big: Two) -> None:
    process = big.begin("copy")
    eventually(lambda: execute(big.target, f"SELECT 1 FROM pg_stat_activity WHERE {OURS}"), bool)
    # Whichever comes second waits for the first, and then finds a target that is not free.
    assert sorted([big.run("copy"), process.wait()]) == [0, 1]
    process.communicate()
    big.same()


def test_writers_wait_while_it_copies(big: Two) -> None:
    process = big.begin("copy")
    eventually(lambda: execute(big.target, MARKED), lambda rows: rows == [(True,)])
    execute(big.source, "INSERT INTO a VALUES (0, 'late')")
    said = process.communicate()[0].decode()
    assert process.returncode == 0, said
    assert execute(big.target, COUNTS) == [(EACH,) * 4]
