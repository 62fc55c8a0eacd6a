"""What the database is at fault for is no refusal: the module is unavailable, and the next try finds it well."""

from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.db import DataError, Error, OperationalError, ProgrammingError, connections

from seamline.calls import call, server
from seamline.contract import Contract, Unavailable, Unexpected, query
from seamline.databases import execute, fetch
from seamline.databases.errors import is_infrastructure
from seamline.http.problems import from_exception
from seamline.module import active

MODULE = min(active())
pytestmark = pytest.mark.django_db(databases=[MODULE], transaction=True)
OFTEN = 7
"""More often than a statement is executed before the server prepares it."""


class Reads(Contract, module=MODULE, facet="reads"):
    """Reads something from its database."""

    @query
    def number(self) -> int:
        """One."""

    @query
    def nonsense(self) -> int:
        """What no database understands."""


@pytest.fixture(autouse=True)
def reads() -> Iterator[None]:
    def number() -> int:
        return int(fetch(MODULE, "SELECT a FROM t WHERE a = %s", [1])[0][0])

    def nonsense() -> int:
        return execute(MODULE, "SELEKT 1")

    execute(MODULE, "CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
    server.register(Reads, {"number": number, "nonsense": nonsense})
    yield
    for name in Reads.operations.values():
        server.replace(name.path, None)
    execute(MODULE, "DROP TABLE t")
    connections[MODULE].close()


def unnoticed(statement: str) -> None:
    """Have it done where psycopg, which remembers what it has prepared, does not see it."""
    connections[MODULE].connection.pgconn.exec_(statement.encode())


def test_a_statement_that_a_pooler_has_lost_is_prepared_anew() -> None:
    """As behind a PgBouncer that hands each transaction to another connection of the server's."""
    for _ in range(OFTEN):
        call(Reads).number()
    unnoticed("DEALLOCATE ALL")
    with pytest.raises(Unavailable):
        call(Reads).number()
    assert call(Reads).number() == 1


def test_a_table_that_was_changed_under_a_prepared_statement_is_read_again() -> None:
    for _ in range(OFTEN):
        call(Reads).number()
    unnoticed("ALTER TABLE t ALTER a TYPE bigint")
    with pytest.raises(Unavailable):
        call(Reads).number()
    assert call(Reads).number() == 1


def test_what_no_database_understands_is_the_modules_own_failure() -> None:
    with pytest.raises(Unexpected):
        call(Reads).nonsense()


@pytest.mark.parametrize(
    ("statement", "error", "infrastructure"),
    [
        ("SELECT 1 / 0", DataError, False),
        ("SELECT missing FROM t", ProgrammingError, False),
        ("INSERT INTO t VALUES (1)", Error, True),
        ("EXECUTE lost", ProgrammingError, True),
        ("SELECT pg_sleep(1)", OperationalError, True),
        ("SELECT pg_terminate_backend(pg_backend_pid())", OperationalError, True),
    ],
)
def test_what_the_server_is_at_fault_for(statement: str, error: type[Error], infrastructure: bool) -> None:
    execute(MODULE, "SET default_transaction_read_only = on; SET statement_timeout = 10")
    with pytest.raises(error) as failed:
        execute(MODULE, statement)
    assert is_infrastructure(failed.value) is infrastructure
    answer = from_exception(failed.value)
    assert (answer is not None) is infrastructure
    if answer is not None:
        assert (answer.status_code, answer["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "2")
        assert answer["Content-Type"] == "application/problem+json"
    connections[MODULE].close()
