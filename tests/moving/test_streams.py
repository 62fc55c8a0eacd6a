"""What one database writes arrives in the other; what does not is found before the fence lets anybody through."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from rich.console import Console

from extraction import data
from extraction.data import schema
from extraction.data.database import Connection
from extraction.moving import comparing, fence, relations, row
from extraction.moving.comparing import Instant, instant
from extraction.moving.deployables import Deployable
from extraction.moving.row import Row, Step
from extraction.moving.streams import End, Stream
from extraction.processes.errors import Refused
from tests.moving.conftest import MODULE, Shared

ADD = "INSERT INTO big (n) VALUES (7)"


def end(name: str, shared: Shared, database: str) -> End:
    connection = psycopg.connect(make_conninfo(shared.url, dbname=database), autocommit=True)
    told = {"name": name, "server": shared.server, "database": {"dbname": database}}
    return End(Deployable(Path(name), MODULE, told), connection)


@pytest.fixture
def stream(shared: Shared) -> Iterator[Stream]:
    """From the shared database to a copy of it, on the same server, and back."""
    if shared.admin.execute("SHOW wal_level").fetchone() != ("logical",):
        pytest.skip("the server of DATABASE_URL has another wal_level than logical")
    copy = f"{shared.name}_copy"
    shared.admin.close()
    with psycopg.connect(shared.server, autocommit=True) as outside:
        outside.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (copy, shared.name))))
        source, target = end("seam", shared, shared.name), end("parcels-service", shared, copy)
        shared.admin = source.connection
        found = schema.read(source.connection, MODULE)
        tables = sql.SQL(", ").join(table.identifier for table in found.tables.values())
        target.connection.execute(sql.SQL("TRUNCATE {}").format(tables))
        for statement in relations.refusing_writing(relations.find(target.connection), shared.old.role):
            target.connection.execute(statement)
        made, back = Stream(source, target), Stream(target, source)
        try:
            for each, copied in ((made, True), (back, False)):
                each.publish(found)
                each.subscribe(copy=copied)
                each.until_copied(lambda _: None)
            yield made
        finally:
            back.end()
            made.end()
            target.connection.close()
            outside.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(copy)))


@pytest.fixture
def view(stream: Stream) -> Iterator[Instant]:
    with instant(stream, schema.read(stream.source.connection, MODULE)) as made:
        yield made


def different(view: Instant) -> list[str]:
    fence.hold(view.stream.source.connection, MODULE, view.arrive)
    with data.bar(Console(quiet=True)) as bar:
        return view.compare(bar).different


def big(connection: Connection) -> list[tuple[int, int]]:
    return connection.execute("SELECT id, n FROM big ORDER BY id").fetchall()


def cross(shared: Shared, view: Instant, patience: float = 30.0) -> Row:
    source = view.stream.source.connection
    return fence.change_owner(source, MODULE, shared.row(), Step.MOVED_AWAY, patience, view.cross).row


def test_after_the_fence_the_other_goes_on_where_the_one_ended(shared: Shared, stream: Stream, view: Instant) -> None:
    old, there = shared.login(shared.old), stream.target.connection
    old.execute(ADD)
    assert not different(view)
    old.execute(ADD)
    after = cross(shared, view)
    assert big(there) == big(shared.admin) and not comparing.find_behind(view.found, shared.admin, there)
    with psycopg.connect(
        make_conninfo(shared.url, dbname=stream.target.database, user=shared.new.role, password="secret"),
        autocommit=True,
    ) as new:
        for writer in (old, new):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                writer.execute(ADD)
        for _ in range(2):  # after it was cut off
            fence.open_to(there, MODULE, after)
        new.execute(ADD)
        new.execute("INSERT INTO small (big) SELECT max(id) FROM big")
    assert row.read(there, MODULE) == shared.row() == Row(2, shared.new, shared.old, Step.MOVED_AWAY)
    with instant(Stream(stream.target, stream.source), view.found) as back:
        assert back.stream.has_passed(back.courier, 30)
    assert big(there) == big(shared.admin) and len(big(there)) == 5


def test_a_row_that_differs_there_is_named(shared: Shared, stream: Stream, view: Instant) -> None:
    assert not different(view)
    with psycopg.connect(make_conninfo(shared.url, dbname=stream.target.database), autocommit=True) as unseen:
        # What bears an origin is not streamed back.
        for how in ("create", "session_setup"):
            unseen.execute(f"SELECT pg_replication_origin_{how}(current_database())")
        unseen.execute("UPDATE big SET n = 9 WHERE id = 1")
        unseen.execute("SELECT pg_replication_origin_session_reset()")
        unseen.execute("SELECT pg_replication_origin_drop(current_database())")
    assert different(view) == ["big: 2 rows in the source, 2 in the target: id=1 is different"]


def test_a_sequence_that_was_left_out_holds_up_the_fence(
    shared: Shared, stream: Stream, view: Instant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "advance", lambda *_: None)
    old = shared.login(shared.old)
    old.execute(ADD)
    with pytest.raises(Refused, match=r"the sequence \S+ is at \d+ in the target, and at \d+ in the source"):
        cross(shared, view)
    assert shared.row().epoch == 1
    old.execute(ADD)


def test_nobody_waits_long_for_what_does_not_arrive(shared: Shared, stream: Stream, view: Instant) -> None:
    stream.target.connection.execute("ALTER SUBSCRIPTION seam_move DISABLE")
    old = shared.login(shared.old)
    old.execute(ADD)
    with pytest.raises(Refused, match=r"parcels does not arrive within 1\.5 s on .*: try again when less is written"):
        cross(shared, view, patience=0.5)
    assert shared.row().epoch == 1
    old.execute(ADD)
    stream.target.connection.execute("ALTER SUBSCRIPTION seam_move ENABLE")
    assert cross(shared, view).owner == shared.new
