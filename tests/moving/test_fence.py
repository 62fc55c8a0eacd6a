"""One transaction decides who writes: it waits for those that have begun, and refuses those that come after."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from extraction.data.database import Connection
from extraction.moving import roles, row
from extraction.moving.row import Row, Step
from extraction.processes.errors import Refused
from tests.moving.conftest import MODULE, Shared
from tests.waiting import eventually

ADD = "UPDATE big SET n = n + 1 WHERE id = 1"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def fetch(connection: Connection, statement: str) -> object:
    [[value]] = connection.execute(statement).fetchall()
    return value


def until_waiting(shared: Shared, number: int) -> None:
    with psycopg.connect(shared.url, autocommit=True) as looking:
        eventually(lambda: fetch(looking, WAITING), lambda waiting: waiting == number)


def in_thread(act: Callable[[], object]) -> "Future[object]":
    future: Future[object] = Future()

    def run() -> None:
        try:
            future.set_result(act())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
@pytest.mark.parametrize("prepare", [False, True])
def test_who_has_begun_commits_and_who_waits_is_refused(shared: Shared, isolation: str, prepare: bool) -> None:
    begun, late = (shared.login(shared.old, autocommit=False) for _ in range(2))
    for writer in (begun, late):
        writer.execute(f"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {isolation}")
        writer.commit()
        for _ in range(6 if prepare else 0):
            writer.execute(ADD, prepare=True)
            writer.commit()
    late.execute("SELECT n FROM big").fetchall()  # its transaction is open, and has written nothing
    begun.execute(ADD, prepare=prepare)
    with ThreadPoolExecutor(1) as aside:
        fenced = aside.submit(shared.swap)
        until_waiting(shared, 1)  # the fence waits for who has begun
        refused = in_thread(lambda: late.execute("UPDATE big SET n = n + 100 WHERE id = 2", prepare=prepare))
        begun.commit()
        assert fenced.result() == Row(2, shared.new, shared.old, Step.MOVED)
    # It came before the fence had the lock, or after: it is done with the one owner, or refused.
    try:
        refused.result(30)
        late.commit()
    except InsufficientPrivilege:
        late.rollback()
    with pytest.raises(InsufficientPrivilege):
        begun.execute(ADD, prepare=prepare)
    begun.rollback()
    assert fetch(begun, "SELECT epoch FROM seamline_ownership") == 2


def test_it_gives_way_to_a_writer_that_does_not_end_and_says_which(shared: Shared) -> None:
    slow, other = shared.login(shared.old, autocommit=False), shared.login(shared.old)
    slow.execute(ADD)
    with pytest.raises(Refused, match=r"written to without a pause, process \d+ .* has been in a transaction for"):
        shared.swap(patience=0.5)
    other.execute("UPDATE big SET n = n + 1 WHERE id = 2")
    slow.commit()
    assert shared.row() == Row(1, shared.old, shared.new, Step.PREPARED)
    assert fetch(other, "SELECT sum(n) FROM big") == 2


def test_of_two_that_wait_for_each_other_it_is_the_fence_that_gives_way(shared: Shared) -> None:
    writer = shared.login(shared.old, autocommit=False)
    writer.execute("INSERT INTO small DEFAULT VALUES")
    with ThreadPoolExecutor(2) as aside:
        fenced = aside.submit(shared.swap)
        until_waiting(shared, 1)  # for `small`; `big` it has locked
        writing = aside.submit(writer.execute, ADD)
        writing.result()
        writer.commit()
        assert fenced.result().owner == shared.new
    assert fetch(shared.admin, "SELECT (SELECT n FROM big WHERE id = 1) + (SELECT count(*) FROM small)") == 2


def test_rows_that_refer_to_others_can_be_added_by_the_new_owner_and_by_the_old_one_again(shared: Shared) -> None:
    old, new = shared.login(shared.old), shared.login(shared.new)
    for number, (writes, reads) in enumerate([(old, new), (new, old), (old, new)]):
        writes.execute("INSERT INTO big (n) VALUES (7)")
        writes.execute("INSERT INTO small (big) SELECT max(id) FROM big")
        assert fetch(reads, "SELECT count(*) FROM small") == number + 1
        for statement in (ADD, "DELETE FROM small", "TRUNCATE small", "SELECT nextval('big_id_seq')"):
            with pytest.raises(InsufficientPrivilege):
                reads.execute(statement)
        shared.swap()
    assert shared.row() == Row(4, shared.new, shared.old, Step.MOVED)


def test_nobody_but_the_fence_changes_the_row(shared: Shared) -> None:
    for side in (shared.old, shared.new):
        with pytest.raises(InsufficientPrivilege):
            shared.login(side).execute("UPDATE seamline_ownership SET owner = 'me'")
    before = shared.row()
    shared.swap()
    with pytest.raises(Refused, match="changed by somebody else"):
        row.write(shared.admin, MODULE, Row(9, shared.new), before.epoch)


def test_a_role_that_writes_all_the_same_is_no_owner_to_move_from(shared: Shared) -> None:
    shared.admin.execute("GRANT UPDATE ON big TO PUBLIC")
    with pytest.raises(Refused, match=r"may write to big all the same"):
        shared.swap()
    assert shared.row().epoch == 1
    shared.login(shared.old).execute("INSERT INTO big (n) VALUES (7)")


def test_what_the_old_owner_had_leased_is_free_at_once(shared: Shared) -> None:
    old = shared.login(shared.old)
    old.execute("""
        INSERT INTO seamline_job (module, name, attempts, due_at, ended_at)
        VALUES ('parcels', 'under way', 1, now() + '1 day', NULL), ('parcels', 'ended', 1, now() + '1 day', now());
        INSERT INTO seamline_saga (module, id, name, state, step, attempts, reason, deadline, due_at, request_id,
            started_at)
        VALUES ('parcels', gen_random_uuid(), 's', 'running', 0, 1, '', now(), now() + '1 day', '-', now());
        INSERT INTO seamline_idempotent_request
            (id, module, owner, key, fingerprint, body, location, due_at, attempts, created_at)
        VALUES (gen_random_uuid(), 'parcels', 'o', 'k', '', '', '', now() + '1 day', 1, now());
        INSERT INTO seamline_outbox (module, event_id, name, key, subscriber, payload, request_id,
            state, attempts, failures, due_at, last_error, published_at)
        VALUES ('parcels', gen_random_uuid(), 'e', 'k', 's', '{}', '-', 'delivering', 3, 1, now() + '1 day', '', now())
    """)
    shared.swap()
    new = shared.login(shared.new)
    assert new.execute("SELECT name, due_at <= now() FROM seamline_job ORDER BY name").fetchall() == [
        ("ended", False),
        ("under way", True),
    ]
    for table in ("seamline_saga", "seamline_idempotent_request", "seamline_outbox"):
        assert fetch(new, f"SELECT due_at <= now() FROM {table}"), table
    assert new.execute("SELECT state, attempts, failures FROM seamline_outbox").fetchall() == [("pending", 3, 1)]


@pytest.mark.parametrize("moved", [True, False])
def test_at_the_end_the_tables_are_the_owners_and_the_other_reads_where_the_module_is(
    shared: Shared, moved: bool
) -> None:
    if moved:
        shared.swap()
    found = shared.row()
    roles.rejoin(shared.admin, shared.name, found.owner.role, found.other.role)
    roles.rejoin(shared.admin, shared.name, found.owner.role, found.other.role)  # after it was cut off
    owner, other = shared.login(found.owner), shared.login(found.other)
    owner.execute("INSERT INTO big (n) VALUES (7)")
    owner.execute("INSERT INTO small (big) SELECT max(id) FROM big")
    owner.execute("ALTER TABLE big ADD COLUMN more int; ALTER TYPE mood ADD VALUE 'glad'; DROP FUNCTION one()")
    owner.execute("DROP DOMAIN positive")
    assert fetch(other, "SELECT owner FROM seamline_ownership") == found.owner.owner
    with pytest.raises(InsufficientPrivilege):
        other.execute("SELECT n FROM big")
    assert fetch(shared.admin, f"SELECT count(*) FROM pg_roles WHERE rolname = '{shared.name}_tables'") == 0
